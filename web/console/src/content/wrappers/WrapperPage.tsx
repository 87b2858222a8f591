import { Trans, useLingui } from '@lingui/react/macro';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useNavigate, useParams } from 'react-router';

import { api, call, get, ifMatch, list, type Problem, type Schemas } from '../../api';
import {
  Button,
  Group,
  Icon,
  Menu,
  Page,
  ProblemNote,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
  Title,
  useParam,
  PageMenu,
  Pending,
} from '../../ui';
import { ConflictDialog } from '../document/ConflictDialog';
import type { Line } from '../document/contentLines';
import { SaveButton } from '../document/SaveButton';
import { useDocument } from '../document/useDocument';
import { VersionsDrawer } from '../document/VersionsDrawer';
import { EditorContext } from '../editor/EditorContext';
import { EmailView } from '../editor/EmailView';
import { languages } from '../editor/languages';
import { placeholdersOf } from '../editor/placeholders';
import { TemplateField } from '../editor/TemplateField';
import { ColorFields } from './ColorFields';
import classes from '../editor/editor.module.css';
import { useDeletingWrapper } from './useDeletingWrapper';
import { PaneSwitch, usePane } from '../editor/PaneSwitch';

type Wrapper = Schemas['Wrapper'];
type Fields = Pick<Wrapper, 'name' | 'default' | 'header' | 'footer' | 'page' | 'colors'>;

/** A page that says where its parts go, to begin with. */
const PAGE = `<!doctype html>
<html lang="{{language}}" dir="{{direction}}">
  <body style="margin:0;background:{{colors.background}};color:{{colors.text}}">
    {{header}}
    {{content}}
    {{footer}}
    <p><a href="{{unsubscribe_url}}">{{labels.unsubscribe}}</a></p>
  </body>
</html>
`;

/** A wrapper, to read and to change. */
export function WrapperPage() {
  const { t } = useLingui();
  const { wrapper: id = '' } = useParams();
  const query = useQuery(get('/v1/wrappers/{wrapper}', { params: { path: { wrapper: id } } }));
  if (query.data === undefined) {
    return (
      <Page title={t`Wrapper`} back={{ to: '/wrappers', title: t`Wrappers` }}>
        <Pending query={query} rows={8} />
      </Page>
    );
  }
  return <EditWrapper key={id} wrapper={query.data} />;
}

function fieldsOf({ name, default: usual, header, footer, page, colors }: Wrapper): Fields {
  return { name, default: usual, header, footer, page: page ?? null, colors };
}

function EditWrapper({ wrapper }: { wrapper: Wrapper }) {
  const { t } = useLingui();
  const navigate = useNavigate();
  const [versions, setVersions] = useParam('versions', { push: true });
  const [pane, setPane] = usePane();
  const path = { wrapper: wrapper.id };
  const edited = useDocument<Wrapper, Fields>({
    document: wrapper,
    fieldsOf,
    queryKey: get('/v1/wrappers/{wrapper}', { params: { path } }).queryKey,
    save: (fields, on) =>
      call(api.PATCH('/v1/wrappers/{wrapper}', { params: { path, header: ifMatch(on) }, body: fields })),
  });
  const { fields, set, problem, conflict } = edited;
  const linesOf = (it: Fields): Line[] => [
    { title: t`Name`, text: it.name },
    { title: t`Default`, text: it.default ? t`Yes` : t`No` },
    { title: t`Colors`, text: Object.values(it.colors).join(' ') },
    { title: t`Header`, text: it.header },
    { title: t`Footer`, text: it.footer },
    { title: t`Page`, text: it.page ?? t`The built-in page` },
  ];
  const deleting = useDeletingWrapper({
    refresh: [],
    before: edited.discard,
    after: () => void navigate('/wrappers'),
  });
  const editing = useMemo(() => ({ known: placeholdersOf([]), declare: () => {}, takeInserts: () => {} }), []);
  return (
    <Page
      title={wrapper.name}
      back={{ to: '/wrappers', title: t`Wrappers` }}
      actions={
        <>
          <SaveButton document={wrapper} edited={edited} />
          <PageMenu>
            <Menu.Item leftSection={<Icon name="history" size={16} />} onClick={() => setVersions('open')}>
              <Trans>Versions</Trans>
            </Menu.Item>
            <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => void deleting.ask(wrapper)}>
              <Trans>Delete</Trans>
            </Menu.Item>
          </PageMenu>
        </>
      }
    >
      <ProblemNote
        problem={problem ?? deleting.problem}
        shown={['name', 'header', 'footer', 'page', 'default', ...COLORS.map((it) => `colors.${it}`)]}
      />
      <div className={classes.editor}>
        <div className={classes.panes}>
          <PaneSwitch value={pane} onChange={setPane} mb="sm" />
        </div>
        <div className={classes.layout} data-pane={pane}>
          <EditorContext value={editing}>
            <Stack gap="md" className={classes.fields} style={{ minWidth: 0 }}>
              <TextInput
                label={t`Name`}
                value={fields.name}
                onChange={(event) => set({ name: event.currentTarget.value })}
                error={problem?.of('name')}
              />
              <Switch
                label={t`Use it for emails that name no wrapper`}
                checked={fields.default}
                onChange={(event) => set({ default: event.currentTarget.checked })}
                error={problem?.of('default')}
              />
              <section>
                <Title order={2} mb={6}>
                  <Trans>Colors</Trans>
                </Title>
                <ColorFields value={fields.colors} onChange={(colors) => set({ colors })} problem={problem} />
              </section>
              <TemplateField
                label={t`Header`}
                description={t`HTML above the email, for example your logo. Optional.`}
                value={fields.header}
                onChange={(header) => set({ header })}
                error={problem?.of('header')}
                lines={4}
                mono
                dir="ltr"
              />
              <TemplateField
                label={t`Footer`}
                description={t`HTML below the email. The built-in page adds the sender’s address and the unsubscribe link.`}
                value={fields.footer}
                onChange={(footer) => set({ footer })}
                error={problem?.of('footer')}
                lines={4}
                mono
                dir="ltr"
              />
              <section>
                <Title order={2} mb={6}>
                  <Trans>Page</Trans>
                </Title>
                {fields.page == null ? (
                  <Group gap="sm">
                    <Text size="sm">
                      <Trans>The built-in page, which works on phones, in dark mode and for screen readers.</Trans>
                    </Text>
                    <Button size="xs" variant="default" onClick={() => set({ page: PAGE })}>
                      <Trans>Write your own page</Trans>
                    </Button>
                  </Group>
                ) : (
                  <Stack gap="xs">
                    <TemplateField
                      label={t`HTML of the page`}
                      description={t`It contains ${'{{content}}'} once. It may contain header, footer, subject, language, direction, colors, sender, labels and unsubscribe_url.`}
                      value={fields.page}
                      onChange={(page) => set({ page })}
                      error={problem?.of('page')}
                      lines={12}
                      linesAtMost={30}
                      mono
                      unchecked
                      dir="ltr"
                    />
                    <div>
                      <Button size="xs" variant="default" onClick={() => set({ page: null })}>
                        <Trans>Use the built-in page</Trans>
                      </Button>
                    </div>
                  </Stack>
                )}
              </section>
            </Stack>
          </EditorContext>
          <div className={classes.preview} style={{ minWidth: 0 }}>
            <WrapperPreview wrapper={wrapper} isChanged={edited.isChanged} />
          </div>
        </div>
      </div>
      <VersionsDrawer
        opened={versions !== ''}
        onClose={() => setVersions(undefined)}
        current={wrapper.version}
        query={list('/v1/wrappers/{wrapper}/versions', { params: { path, query: { limit: 50 } } })}
        look={async (version) =>
          linesOf(
            fieldsOf(
              await call(
                api.GET('/v1/wrappers/{wrapper}/versions/{version}', { params: { path: { ...path, version } } }),
              ),
            ),
          )
        }
        restore={(version) =>
          call(
            api.POST('/v1/wrappers/{wrapper}/versions/{version}/restore', {
              params: { path: { ...path, version }, header: ifMatch(wrapper) },
            }),
          )
        }
        refresh="/v1/wrappers"
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

const COLORS = ['background', 'surface', 'text', 'muted', 'accent', 'accent_text'];

/** A sample email in the wrapper as it is saved. */
function WrapperPreview({ wrapper, isChanged }: { wrapper: Wrapper; isChanged: boolean }) {
  const { t, i18n } = useLingui();
  const [language, setLanguage] = useParam('language');
  const preview = useQuery<Schemas['Preview'], Problem>({
    queryKey: ['wrapper preview', wrapper.id, wrapper.version, language],
    queryFn: ({ signal }) =>
      call(
        api.POST('/v1/wrappers/{wrapper}/preview', {
          params: { path: { wrapper: wrapper.id } },
          body: language === '' ? {} : { language },
          signal,
        }),
      ),
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
  return (
    <Stack gap="xs">
      <Group justify="space-between" align="flex-end">
        <Title order={2}>
          <Trans>Preview</Trans>
        </Title>
        <Select
          size="xs"
          aria-label={t`Language of the preview`}
          searchable
          value={language === '' ? 'en' : language}
          onChange={(it) => setLanguage(it === 'en' ? undefined : (it ?? undefined))}
          data={languages(i18n.locale)}
        />
      </Group>
      {isChanged && (
        <Text size="xs" c="dimmed" role="status">
          <Trans>This is the saved version. Save to see your changes.</Trans>
        </Text>
      )}
      {preview.data === undefined ? <Pending query={preview} rows={6} /> : <EmailView of={preview.data} />}
    </Stack>
  );
}
