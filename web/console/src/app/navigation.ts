import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';

import type { IconName } from '../ui';

type Entry = {
  to: string;
  title: MessageDescriptor;
  icon: IconName;
  /** Other names that people know the page by; the search finds them too. */
  words?: string[];
};

/** The pages of the menu in their groups. */
export const navigation: { title: MessageDescriptor; pages: Entry[] }[] = [
  {
    title: msg`Communications`,
    pages: [
      { to: '/', title: msg`Home`, icon: 'home', words: ['dashboard', 'overview'] },
      { to: '/compose', title: msg`Compose`, icon: 'compose', words: ['new', 'bulk', 'write', 'create'] },
      { to: '/campaigns', title: msg`Campaigns`, icon: 'campaigns', words: ['sent', 'scheduled', 'mailing'] },
      { to: '/drafts', title: msg`Drafts`, icon: 'drafts', words: ['saved drafts'] },
      {
        to: '/send-log',
        title: msg`Send log`,
        icon: 'log',
        words: ['send logs', 'deliveries', 'history', 'people', 'person', 'receivers', 'recipients'],
      },
      { to: '/attention', title: msg`Needs attention`, icon: 'attention', words: ['dead letters', 'jobs', 'failed'] },
    ],
  },
  {
    title: msg`People`,
    pages: [
      { to: '/imports', title: msg`Imports`, icon: 'imports', words: ['csv', 'upload', 'files'] },
      {
        to: '/suppressions',
        title: msg`Suppressions`,
        icon: 'suppressions',
        words: ['unsubscribed', 'bounced', 'blocklist'],
      },
    ],
  },
  {
    title: msg`Content`,
    pages: [
      { to: '/templates', title: msg`Templates`, icon: 'templates' },
      { to: '/wrappers', title: msg`Wrappers`, icon: 'wrappers', words: ['header', 'footer', 'layout'] },
      { to: '/presets', title: msg`Presets`, icon: 'presets' },
      { to: '/library', title: msg`Library`, icon: 'library' },
    ],
  },
  {
    title: msg`Settings`,
    pages: [
      {
        to: '/transports',
        title: msg`Transports`,
        icon: 'transports',
        words: ['providers', 'accounts', 'twilio', 'smtp'],
      },
      { to: '/routes', title: msg`Routes`, icon: 'routes', words: ['failover', 'prefixes'] },
      { to: '/tenant', title: msg`Tenant`, icon: 'tenant', words: ['organization', 'prices', 'time zone', 'sender'] },
    ],
  },
];
