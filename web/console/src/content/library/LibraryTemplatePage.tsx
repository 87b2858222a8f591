import { Trans, useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from 'react-router';

import { api, call, get, type Schemas, useAction } from '../../api';
import {
  Box,
  Button,
  ButtonLink,
  Group,
  Icon,
  Page,
  ProblemNote,
  SegmentedControl,
  Tabs,
  Text,
  Title,
  useParam,
  Pending,
} from '../../ui';
import { AsWritten } from '../editor/AsWritten';
import { languageName } from '../editor/languages';
import { shownValue } from '../editor/placeholders';
import { parts } from '../editor/versions';
import { partWords } from '../editor/words';

/** One text of the library, in each language and for each channel. */
export function LibraryTemplatePage() {
  const { t } = useLingui();
  const { template: id = '' } = useParams();
  const query = useQuery(get('/v1/library/{template}', { params: { path: { template: id } } }));
  const navigate = useNavigate();
  const copy = useAction(() => call(api.POST('/v1/templates', { body: { library: id } })), {
    refresh: ['/v1/templates'],
    onDone: (made) => void navigate(`/templates/${made.id}`),
  });
  const { data } = query;
  return (
    <Page
      title={data?.name ?? t`Library`}
      back={{ to: '/library', title: t`Library` }}
      about={data?.description}
      actions={
        <>
          <Button
            variant="default"
            leftSection={<Icon name="copy" size={16} />}
            loading={copy.isPending}
            onClick={() => copy.mutate()}
          >
            <Trans>Copy to templates</Trans>
          </Button>
          <ButtonLink to={`/compose?library=${id}`} leftSection={<Icon name="compose" size={16} />}>
            <Trans>Use in a campaign</Trans>
          </ButtonLink>
        </>
      }
    >
      <ProblemNote problem={copy.error} />
      {data === undefined ? <Pending query={query} rows={8} /> : <Shown content={data.content} />}
    </Page>
  );
}

function Shown({ content }: { content: Schemas['Content'] }) {
  const { t, i18n } = useLingui();
  const [askedPart, setPart] = useParam('channel');
  const [askedLanguage, setLanguage] = useParam('language');
  const written = parts.filter((it) => content[it] != null);
  const part = written.find((it) => it === askedPart) ?? written[0];
  const tags = Object.keys(content.languages ?? {});
  const language = tags.includes(askedLanguage) ? askedLanguage : '';
  if (part === undefined) return null;
  return (
    <Box maw={760}>
      <Tabs value={part} onChange={(it) => setPart(it ?? undefined)}>
        <Tabs.List aria-label={t`Channels`}>
          {written.map((it) => (
            <Tabs.Tab key={it} value={it} px={10} leftSection={<Icon name={partWords[it].icon} size={16} />}>
              {i18n._(partWords[it].title)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={part} pt="sm">
          {tags.length > 0 && (
            <Group mb="sm">
              <SegmentedControl
                aria-label={t`Language`}
                value={language === '' ? 'default' : language}
                onChange={(it) => setLanguage(it === 'default' ? undefined : it)}
                data={[
                  { value: 'default', label: languageName(content.language ?? 'en', i18n.locale) },
                  ...tags.map((it) => ({ value: it, label: languageName(it, i18n.locale) })),
                ]}
              />
            </Group>
          )}
          <AsWritten content={content} part={part} language={language} />
        </Tabs.Panel>
      </Tabs>
      {(content.variables ?? []).length > 0 && (
        <Box mt="lg">
          <Title order={2} mb={6}>
            <Trans>What you fill in</Trans>
          </Title>
          <table className="data">
            <thead>
              <tr>
                <th scope="col">{t`Placeholder`}</th>
                <th scope="col">{t`Description`}</th>
                <th scope="col" className="beneath">{t`For example`}</th>
              </tr>
            </thead>
            <tbody>
              {(content.variables ?? []).map((it) => (
                <tr key={it.path}>
                  <td>
                    <code>{it.path}</code>
                    <div className="below">{shownValue(it.sample)}</div>
                  </td>
                  <td>{it.description}</td>
                  <td className="beneath">
                    <Text component="span">{shownValue(it.sample)}</Text>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Box>
      )}
    </Box>
  );
}
