import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';

import type { Schemas } from '../api';
import type { IconName, Tone } from '../ui';

/** What was given up. */
export const letterKinds: Record<Schemas['DeadLetterKind'], MessageDescriptor> = {
  delivery: msg`A message to a receiver`,
  fanout: msg`A batch of messages to be sent`,
  job: msg`A background task`,
  upload: msg`An uploaded file`,
  receipt: msg`A provider’s report about a message`,
};

/** What became of what was given up. */
export const letterStatuses: Record<
  Schemas['DeadLetterStatus'],
  { title: MessageDescriptor; tone: Tone; icon?: IconName }
> = {
  waiting: { title: msg`Waiting for you`, tone: 'bad', icon: 'attention' },
  redriven: { title: msg`Tried again`, tone: 'ok', icon: 'refresh' },
  closed: { title: msg`Resolved otherwise`, tone: 'quiet', icon: 'check' },
};

/** What is done in the background, by the API's kinds. */
export const workKinds: Record<string, MessageDescriptor> = {
  import: msg`Reading a file`,
  preflight: msg`Checking a campaign before it is sent`,
  recount: msg`Recounting a campaign’s messages`,
  purge: msg`Removing a deleted campaign`,
  switch: msg`Switching a channel for everyone`,
};

/** What has become of work in the background. */
export const workStatuses: Record<Schemas['JobStatus'], { title: MessageDescriptor; tone: Tone; icon?: IconName }> = {
  running: { title: msg`Running`, tone: 'busy' },
  done: { title: msg`Done`, tone: 'ok' },
  failed: { title: msg`Failed`, tone: 'bad' },
  canceled: { title: msg`Canceled`, tone: 'quiet', icon: 'cross' },
};
