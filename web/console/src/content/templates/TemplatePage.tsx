import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from 'react-router';

import { api, call, get, ifMatch, list, type Schemas, useAction } from '../../api';
import { priorities, everyChannel } from '../../campaigns/words';
import {
  ButtonLink,
  Group,
  Icon,
  Menu,
  Page,
  ProblemNote,
  Select,
  Stack,
  Switch,
  TextInput,
  useParam,
  PageMenu,
  Pending,
} from '../../ui';
import { ConflictDialog } from '../document/ConflictDialog';
import { contentLines, type Line } from '../document/contentLines';
import { SaveButton } from '../document/SaveButton';
import { useDocument } from '../document/useDocument';
import { VersionsDrawer } from '../document/VersionsDrawer';
import { ContentEditor } from '../editor';
import { useDeletingTemplate } from './useDeletingTemplate';

type Template = Schemas['Template'];
type Fields = Pick<Template, 'name' | 'description' | 'priority' | 'active' | 'content'>;

/** A template, to read and to change. */
export function TemplatePage() {
  const { t } = useLingui();
  const { template: id = '' } = useParams();
  const query = useQuery(get('/v1/templates/{template}', { params: { path: { template: id } } }));
  const back = { to: '/templates', title: t`Templates` };
  if (query.data === undefined) {
    return (
      <Page title={t`Template`} back={back}>
        <Pending query={query} rows={8} />
      </Page>
    );
  }
  return <EditTemplate key={id} template={query.data} />;
}

function fieldsOf({ name, description, priority, active, content }: Template): Fields {
  return { name, description: description ?? null, priority, active, content };
}

function EditTemplate({ template }: { template: Template }) {
  const { t, i18n } = useLingui();
  const navigate = useNavigate();
  const [versions, setVersions] = useParam('versions', { push: true });
  const path = { template: template.id };
  const { queryKey } = get('/v1/templates/{template}', { params: { path } });
  const edited = useDocument<Template, Fields>({
    document: template,
    fieldsOf,
    queryKey,
    save: (fields, on) =>
      call(api.PATCH('/v1/templates/{template}', { params: { path, header: ifMatch(on) }, body: fields })),
  });
  const { fields, set, problem, conflict } = edited;
  const linesOf = (it: Fields): Line[] => [
    { title: t`Name`, text: it.name },
    { title: t`Purpose`, text: it.description ?? '' },
    { title: t`Priority`, text: i18n._(priorities[it.priority]) },
    { title: t`Offered for new campaigns`, text: it.active ? t`Yes` : t`No` },
    ...contentLines(i18n, it.content),
  ];
  const deleting = useDeletingTemplate({
    refresh: [],
    before: edited.discard,
    after: () => void navigate('/templates'),
  });
  const duplicate = useAction(
    () => call(api.POST('/v1/templates', { body: { ...fields, name: t`${fields.name} (copy)`.slice(0, 200) } })),
    { refresh: ['/v1/templates'], onDone: (made) => void navigate(`/templates/${made.id}`) },
  );
  return (
    <Page
      title={template.name}
      back={{ to: '/templates', title: t`Templates` }}
      actions={
        <>
          <SaveButton document={template} edited={edited} />
          <ButtonLink to={`/compose?template=${template.id}`} variant="default">
            <Trans>Use in a campaign</Trans>
          </ButtonLink>
          <PageMenu>
            <Menu.Item leftSection={<Icon name="history" size={16} />} onClick={() => setVersions('open')}>
              <Trans>Versions</Trans>
            </Menu.Item>
            <Menu.Item leftSection={<Icon name="copy" size={16} />} onClick={() => duplicate.mutate()}>
              <Trans>Duplicate</Trans>
            </Menu.Item>
            <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => void deleting.ask(template)}>
              <Trans>Delete</Trans>
            </Menu.Item>
          </PageMenu>
        </>
      }
    >
      <ProblemNote
        problem={problem ?? deleting.problem ?? duplicate.error}
        shown={['name', 'description', 'priority', 'content']}
      />
      <Stack gap="sm">
        <Group align="flex-start" gap="sm">
          <TextInput
            label={t`Name`}
            style={{ flex: '2 1 220px' }}
            value={fields.name}
            onChange={(event) => set({ name: event.currentTarget.value })}
            error={problem?.of('name')}
          />
          <TextInput
            label={t`Purpose`}
            placeholder={t`When to use it`}
            style={{ flex: '3 1 260px' }}
            value={fields.description ?? ''}
            onChange={(event) =>
              set({ description: event.currentTarget.value === '' ? null : event.currentTarget.value })
            }
            error={problem?.of('description')}
          />
          <Select
            label={t`Priority`}
            style={{ flex: '0 1 130px' }}
            data={Object.entries(priorities).map(([value, title]) => ({ value, label: i18n._(title) }))}
            value={fields.priority}
            onChange={(it) => it !== null && set({ priority: it as Schemas['Priority'] })}
            error={problem?.of('priority')}
          />
        </Group>
        <Switch
          label={t`Offered for new campaigns`}
          checked={fields.active}
          onChange={(event) => set({ active: event.currentTarget.checked })}
        />
      </Stack>
      <ContentEditor
        value={fields.content}
        onChange={(content) => set({ content })}
        channels={everyChannel}
        optional
        unsaved={edited.isChanged}
        problem={problem}
        version={template.version}
        saved={template.content}
        preview={(asked, signal) =>
          call(
            api.POST('/v1/templates/{template}/preview', { params: { path }, body: asked as Schemas['Asked'], signal }),
          )
        }
      />
      <VersionsDrawer
        opened={versions !== ''}
        onClose={() => setVersions(undefined)}
        current={template.version}
        query={list('/v1/templates/{template}/versions', { params: { path, query: { limit: 50 } } })}
        look={async (version) =>
          linesOf(
            fieldsOf(
              await call(
                api.GET('/v1/templates/{template}/versions/{version}', { params: { path: { ...path, version } } }),
              ),
            ),
          )
        }
        restore={(version) =>
          call(
            api.POST('/v1/templates/{template}/versions/{version}/restore', {
              params: { path: { ...path, version }, header: ifMatch(template) },
            }),
          )
        }
        refresh="/v1/templates"
        onRestored={edited.discard}
      />
      {conflict !== undefined && (
        <ConflictDialog
          at={conflict.theirs.updated_at}
          mine={linesOf(fields)}
          theirs={linesOf(fieldsOf(conflict.theirs))}
          onResolve={edited.resolve}
        />
      )}
    </Page>
  );
}
