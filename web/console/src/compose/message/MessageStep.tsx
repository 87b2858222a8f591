import { useCallback } from 'react';

import { api, call, type Schemas } from '../../api';
import { ContentEditor } from '../../content/editor';
import { Stack } from '../../ui';
import { useComposed } from '../draft/useDraft';
import { stepPath } from '../steps';
import { ValuesForm } from './ValuesForm';

type Asked = { channel: string; language?: string; receiver?: string; values?: object };

/** Step 2: what is said, on every channel and in every language. */
export function MessageStep() {
  const { campaign, fields, edit, problem } = useComposed();
  const { id } = campaign;
  const preview = useCallback(
    (asked: Asked, signal: AbortSignal) =>
      call(
        api.POST('/v1/campaigns/{campaign}/preview', {
          params: { path: { campaign: id } },
          body: asked as Schemas['Asked'],
          signal,
        }),
      ),
    [id],
  );
  return (
    <Stack gap="sm">
      <ValuesForm />
      <div id="content">
        <ContentEditor
          value={fields.content}
          onChange={(content) => edit({ content })}
          channels={fields.channels}
          problem={problem}
          preview={preview}
          version={campaign.version}
          saved={campaign.content}
          channelsAt={`${stepPath(id, 'delivery')}#campaign-channels`}
        />
      </div>
    </Stack>
  );
}
