import { api, done, draft, hello, send } from './api';

/** A page of the console by its name and its address below the console's. */
export type Place = { name: string; path: string };

/** One address of every page, on documents that exist. */
export async function everyPage(): Promise<Place[]> {
  const sent = await draft('Summer opening hours', 12);
  await send(sent.id);
  const { content } = await done(
    api.GET('/v1/library/{template}', { params: { path: { template: 'event-invitation' } } }),
  );
  const open = await draft('Open day in November', 3, { ...hello, ...content });
  const [template, wrapper, preset] = await Promise.all([
    done(api.POST('/v1/templates', { body: { library: await firstOfLibrary() } })),
    done(
      api.POST('/v1/wrappers', {
        body: { name: 'House style', header: '<p>Example Ltd</p>', footer: '<p>Example Road 1</p>' },
      }),
    ),
    done(
      api.POST('/v1/presets', {
        body: {
          name: 'Outage',
          kind: 'one_way',
          channels: ['sms'],
          content: { sms: { text: 'Outage in {{location.name}}' } },
        },
      }),
    ),
  ]);
  const transport = (await done(api.GET('/v1/transports'))).transports[0];
  return [
    { name: 'home', path: '' },
    { name: 'campaigns', path: 'campaigns' },
    { name: 'campaign', path: `campaigns/${sent.id}` },
    { name: 'people', path: `campaigns/${sent.id}?tab=people` },
    { name: 'compose', path: 'compose' },
    { name: 'delivery', path: `compose/${open.id}/delivery` },
    { name: 'message', path: `compose/${open.id}/message` },
    { name: 'receivers', path: `compose/${open.id}/receivers` },
    { name: 'confirm', path: `compose/${open.id}/confirm` },
    { name: 'drafts', path: 'drafts' },
    { name: 'send-log', path: 'send-log' },
    { name: 'attention', path: 'attention' },
    { name: 'imports', path: 'imports' },
    { name: 'suppressions', path: 'suppressions' },
    { name: 'templates', path: 'templates' },
    { name: 'template', path: `templates/${template.id}` },
    { name: 'wrappers', path: 'wrappers' },
    { name: 'wrapper', path: `wrappers/${wrapper.id}` },
    { name: 'presets', path: 'presets' },
    { name: 'preset', path: `presets/${preset.id}` },
    { name: 'library', path: 'library' },
    { name: 'transports', path: 'transports' },
    { name: 'transport', path: `transports/${transport?.id ?? 'new'}` },
    { name: 'new-transport', path: 'transports/new' },
    { name: 'routes', path: 'routes' },
    { name: 'tenant', path: 'tenant' },
  ];
}

async function firstOfLibrary(): Promise<string> {
  const [first] = (await done(api.GET('/v1/library'))).templates;
  if (first === undefined) throw new Error('the library is empty');
  return first.id;
}
