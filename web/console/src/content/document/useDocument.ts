import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { asProblem, type Problem } from '../../api';
import { useUnsaved } from '../../ui';

type Document = { version: number; updated_at: string };

/** Two people changed a document: mine is not saved, theirs is. */
type Conflict<Doc> = { theirs: Doc };

export type Edited<Doc, Fields> = {
  /** What the person sees. */
  fields: Fields;
  set: (changed: Partial<Fields>) => void;
  isChanged: boolean;
  save: () => Promise<boolean>;
  isSaving: boolean;
  problem: Problem | null;
  conflict: Conflict<Doc> | undefined;
  /** Saves mine over theirs, or goes on with theirs. */
  resolve: (choice: 'mine' | 'theirs') => void;
  discard: () => void;
};

type Options<Doc, Fields> = {
  /** The newest answer of the API about it. */
  document: Doc;
  fieldsOf: (document: Doc) => Fields;
  save: (fields: Fields, on: Doc) => Promise<Doc>;
  /** The key under which the answer of a save is kept for the other parts of the page. */
  queryKey: readonly unknown[];
};

/**
 * A document that others use, so it is saved by a button. What is typed while a save is under way stays, and belongs to the next
 * one. Leaving with changes asks.
 */
export function useDocument<Doc extends Document, Fields extends object>({
  document,
  fieldsOf,
  save,
  queryKey,
}: Options<Doc, Fields>): Edited<Doc, Fields> {
  const client = useQueryClient();
  const [mine, setMine] = useState<{ changes: Partial<Fields>; on: Doc }>();
  const [isSaving, setSaving] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [conflict, setConflict] = useState<Conflict<Doc>>();
  const base = mine?.on ?? document;
  const fields = { ...fieldsOf(base), ...mine?.changes };
  const isChanged = mine !== undefined && !isSame(fieldsOf(base), fields);
  useUnsaved(isChanged);

  const set = (changed: Partial<Fields>) =>
    setMine((before) => ({ changes: { ...before?.changes, ...changed }, on: before?.on ?? document }));

  const send = async (on: Doc): Promise<boolean> => {
    const sent = mine?.changes;
    setSaving(true);
    setConflict(undefined);
    try {
      const saved = await save({ ...fieldsOf(on), ...sent }, on);
      client.setQueryData(queryKey, saved);
      setProblem(null);
      setMine((now) => {
        if (now === undefined) return undefined;
        const later = Object.entries(now.changes).filter(([name, it]) => it !== sent?.[name as keyof Fields]);
        return later.length === 0 ? undefined : { changes: Object.fromEntries(later) as Partial<Fields>, on: saved };
      });
      void client.invalidateQueries({
        predicate: ({ queryKey: [path], state }) =>
          typeof path === 'string' && path.startsWith(listOf(queryKey)) && state.data !== saved,
      });
      return true;
    } catch (error) {
      const refused = asProblem(error);
      if (refused.kind === 'stale-version' && refused.members.current != null) {
        setConflict({ theirs: refused.members.current as unknown as Doc });
      } else {
        setProblem(refused);
      }
      return false;
    } finally {
      setSaving(false);
    }
  };

  return {
    fields,
    set,
    isChanged,
    isSaving,
    problem,
    conflict,
    save: () => (isChanged ? send(base) : Promise.resolve(true)),
    discard: () => {
      setMine(undefined);
      setProblem(null);
    },
    resolve: (choice) => {
      if (conflict === undefined) return;
      client.setQueryData(queryKey, conflict.theirs);
      if (choice === 'mine') {
        setMine((now) => (now === undefined ? undefined : { ...now, on: conflict.theirs }));
        void send(conflict.theirs);
      } else {
        setMine(undefined);
        setConflict(undefined);
        setProblem(null);
      }
    },
  };
}

/** `/v1/templates` of `/v1/templates/{template}`. */
function listOf(queryKey: readonly unknown[]): string {
  return String(queryKey[0]).split('/').slice(0, 3).join('/');
}

/** Whether two documents say the same, however they write what is absent. */
export function isSame(one: unknown, other: unknown): boolean {
  return one === other || form(one) === form(other);
}

function form(value: unknown): string {
  return JSON.stringify(value ?? null, (_, it: unknown) => {
    if (typeof it !== 'object' || it === null || Array.isArray(it)) return it;
    const entries = Object.entries(it).filter(([, inner]) => inner != null);
    return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
