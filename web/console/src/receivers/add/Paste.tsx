import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';

import { api, asProblem, call, type Problem, type Schemas, useAction } from '../../api';
import { Banner, Button, Group, List, Objection, ProblemNote, Stack, Text, Textarea } from '../../ui';
import { refreshReceivers } from '../uploads';
import { type PastedPerson, readLines } from './addressLines';

const BATCH = 500;

type Refused = { person: PastedPerson; reason: string };
type Outcome = { added: number; already: number; refused: Refused[] };

/** Adds people from pasted text. */
export function Paste({ campaign, channels }: { campaign: string; channels: Schemas['Channel'][] }) {
  const { t } = useLingui();
  const client = useQueryClient();
  const [text, setText] = useState('');
  const [outcome, setOutcome] = useState<Outcome | undefined>();
  const [asked, setAsked] = useState(false);
  const people = readLines(text);
  const adding = useRef<HTMLDivElement>(null);
  const add = useAction((chosen: PastedPerson[]) => addAll(campaign, chosen), {
    refresh: [],
    onDone: (done) => {
      setOutcome(done);
      // What was added need not be looked at again.
      setText(done.refused.map(({ person }) => person.text).join('\n'));
      void refreshReceivers(client, campaign);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        setAsked(people.length === 0);
        if (people.length === 0) document.getElementById('pasted')?.focus();
        else add.mutate(people);
      }}
    >
      <Stack gap="sm">
        <Textarea
          id="pasted"
          label={t`Addresses`}
          description={t`Paste lines as they are: name, email address, mobile number.`}
          placeholder={exampleFor(channels)}
          minRows={5}
          maxRows={16}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          // The field grows with what is pasted; what comes next stays on the screen.
          onPaste={() => requestAnimationFrame(() => adding.current?.scrollIntoView({ block: 'nearest' }))}
        />
        <div aria-live="polite">{outcome !== undefined && <Outcomes outcome={outcome} />}</div>
        <ProblemNote problem={add.error} />
        <Group ref={adding}>
          <Button type="submit" loading={add.isPending}>
            {people.length === 0 ? (
              <Trans>Add people</Trans>
            ) : (
              <Plural value={people.length} one="Add # person" other="Add # people" />
            )}
          </Button>
          {asked && people.length === 0 && (
            <Objection>
              <Trans>Paste or type at least one address.</Trans>
            </Objection>
          )}
        </Group>
        <ReadAs people={people} />
      </Stack>
    </form>
  );
}

/** Lines with the addresses that the campaign needs. */
function exampleFor(channels: Schemas['Channel'][]): string {
  const byEmail = channels.includes('email');
  const byNumber = channels.includes('sms') || channels.includes('whatsapp');
  if (byNumber && !byEmail) return 'Ann Smith, +44 7414 310123\nBen Jones, +44 7414 310456\n+44 7414 310789';
  if (byEmail && !byNumber) return 'Ann Smith, ann@example.org\nBen Jones <ben@example.org>\ncy@example.org';
  return 'Ann Smith, ann@example.org, +44 7414 310123\nBen Jones <ben@example.org>\n+44 7414 310456';
}

const SHOWN = 3;

/** How the first lines were understood, so that a wrong order is seen before anybody is added. */
function ReadAs({ people }: { people: PastedPerson[] }) {
  const { t } = useLingui();
  if (people.length === 0) return null;
  return (
    <Text component="div" size="sm" c="dimmed">
      <Trans>Read as</Trans>
      <List size="sm" c="dimmed">
        {people.slice(0, SHOWN).map(({ line, text, receiver }) => (
          <List.Item key={`${line} ${text}`}>
            {[
              [receiver.first_name, receiver.last_name].filter((it) => it != null).join(' ') || t`no name`,
              receiver.email,
              receiver.mobile,
            ]
              .filter((it) => it != null)
              .join(' · ')}
          </List.Item>
        ))}
      </List>
      {people.length > SHOWN && <Plural value={people.length - SHOWN} one="and # more" other="and # more" />}
    </Text>
  );
}

function Outcomes({ outcome: { added, already, refused } }: { outcome: Outcome }) {
  return (
    <Stack gap="xs">
      <Text>
        <Plural value={added} one="# person was added." other="# people were added." />{' '}
        {already > 0 && <Plural value={already} one="# was already here." other="# were already here." />}
      </Text>
      {refused.length > 0 && (
        <Banner tone="warn" title={<Plural value={refused.length} one="# was not added" other="# were not added" />}>
          <Trans>What was not added stays in the field: correct or remove it.</Trans>
          <List size="sm">
            {refused.slice(0, 20).map(({ person, reason }) => (
              <List.Item key={`${person.line} ${person.text}`}>
                {person.text}: {reason}
              </List.Item>
            ))}
          </List>
          {refused.length > 20 && <Plural value={refused.length - 20} one="and # more" other="and # more" />}
        </Banner>
      )}
    </Stack>
  );
}

/** Adds people in requests of a size that the API takes. Those that it refuses are left out, and the rest is added. */
async function addAll(campaign: string, people: PastedPerson[]): Promise<Outcome> {
  const outcome: Outcome = { added: 0, already: 0, refused: [] };
  for (let at = 0; at < people.length; at += BATCH) {
    let batch = people.slice(at, at + BATCH);
    while (batch.length > 0) {
      try {
        // One after the other, so that of two lines with the same address the first counts.
        // oxlint-disable-next-line no-await-in-loop
        const added = (await call(
          api.POST('/v1/campaigns/{campaign}/receivers', {
            params: { path: { campaign } },
            body: { receivers: batch.map((it) => it.receiver) },
          }),
        )) as Schemas['AddedReceivers'];
        outcome.added += added.added;
        outcome.already += added.duplicates + added.corrected;
        break;
      } catch (error) {
        const refused = refusedIn(asProblem(error), batch);
        if (refused.size === 0) throw error;
        outcome.refused.push(...[...refused].map(([person, reason]) => ({ person, reason })));
        batch = batch.filter((it) => !refused.has(it));
      }
    }
  }
  return outcome;
}

/** The people whom the API names as wrong, each with the reason. */
function refusedIn(problem: Problem, batch: PastedPerson[]): Map<PastedPerson, string> {
  const refused = new Map<PastedPerson, string>();
  for (const { field, detail } of problem.fields) {
    const index = /^receivers\[(\d+)\]/.exec(field)?.[1];
    const person = index === undefined ? undefined : batch[Number(index)];
    if (person !== undefined && !refused.has(person)) refused.set(person, detail);
  }
  return refused;
}
