import { type Problem, useAction } from '../../api';
import { notify, useConfirm } from '../../ui';

type Named = { name: string };

/** What a page does around the deletion of a document that it shows, or a list around that of one of its rows. */
export type Around = {
  /** What is read again; nothing on the page of the document, which is gone. */
  refresh: string[];
  /** Just before it is deleted. */
  before?: () => void;
  /** When it is deleted. */
  after?: () => void;
};

type Question<Doc> = {
  title: string;
  text: (document: Doc) => string;
  verb: string;
  /** Says that it was done. */
  done: (document: Doc) => string;
};

/** Deletes a document after asking. */
export function useDeleting<Doc extends Named>(
  remove: (document: Doc) => Promise<unknown>,
  { title, text, verb, done }: Question<Doc>,
  { refresh, before, after }: Around,
): { ask: (document: Doc) => Promise<void>; problem: Problem | null } {
  const confirm = useConfirm();
  const action = useAction(remove, {
    refresh,
    onDone: (_, document) => {
      notify(done(document));
      after?.();
    },
  });
  return {
    problem: action.error,
    ask: async (document) => {
      if (!(await confirm({ title, text: text(document), verb, grave: true }))) return;
      before?.();
      action.mutate(document);
    },
  };
}
