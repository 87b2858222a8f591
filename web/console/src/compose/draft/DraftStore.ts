import { api, asProblem, call, type FieldProblem, ifMatch, Problem, type Schemas } from '../../api';
import {
  type Clash,
  differences,
  type Field,
  type Fields,
  fieldOf,
  fieldsFrom,
  fieldsOf,
  formOf,
  isBlank,
  isSame,
  lackedBy,
  merge,
  type Parts,
  partsOf,
} from './fields';
import { keepEdits, keptEdits } from './keptEdits';

type Campaign = Schemas['Campaign'];

/** Whether what a person wrote is saved. */
export type Saving =
  | { state: 'saved'; at: Date | undefined }
  | { state: 'saving' }
  /** The API refused a part, and has the rest. */
  | { state: 'refused'; problem: Problem }
  /** A message is not finished, and the API keeps only finished ones. The rest is saved. */
  | { state: 'unfinished'; part: string; lacked: string[] }
  /** There was no answer; it is tried again. */
  | { state: 'waiting'; problem: Problem }
  /** Somebody else changed the same parts. */
  | { state: 'clash'; theirs: Campaign; clashes: Clash[] };

export type DraftView = {
  /** The draft as the API has it. */
  campaign: Campaign;
  /** The draft as the person sees it. */
  fields: Fields;
  saving: Saving;
  /** What the API says about the parts that it refused. */
  problem: Problem | null;
  /** Parts that somebody else changed and that were put together with mine, until they have been told. */
  merged: string[];
};

const PAUSE = 800;
const FIRST_RETRY = 2_000;
const LAST_RETRY = 30_000;
/** A browser sends no more than this after the page has gone. */
const KEEPALIVE_BYTES = 60_000;

/**
 * A draft that saves itself. One save is under way at a time; what is typed meanwhile goes with the next. What the API does not
 * have yet is kept in the browser too, so that nothing is lost when the tab closes.
 */
export class DraftStore {
  readonly #tenant: string;
  readonly #listeners = new Set<() => void>();
  #saved: Campaign;
  #mine: Parts;
  /** Parts of mine that were saved and that the API wrote in another form, for example without a space at the end. */
  #settled = new Map<string, string>();
  #refused = new Map<string, { form: string; problems: FieldProblem[]; problem: Problem }>();
  #stopped: Problem | undefined;
  #clash: { theirs: Campaign; clashes: Clash[]; on: { version: number; base: Fields } } | undefined;
  #failure: Problem | undefined;
  #merged: string[] = [];
  #savedAt: Date | undefined;
  #running: Promise<void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retry = FIRST_RETRY;
  #view: DraftView;

  constructor(campaign: Campaign, tenant: string) {
    this.#tenant = tenant;
    this.#saved = campaign;
    this.#mine = partsOf(campaign);
    const kept = keptEdits(tenant, campaign.id);
    if (kept !== undefined) {
      if (kept.version === campaign.version) this.#mine = partsOf(kept.mine);
      else this.#join(kept, partsOf(kept.mine), campaign);
    }
    this.#view = this.#look();
  }

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  view = () => this.#view;

  /** Begins to save what was kept, and to watch the network and the page. Returns how to stop. */
  start = () => {
    const online = () => void this.flush();
    const hide = () => this.#leave();
    addEventListener('online', online);
    addEventListener('pagehide', hide);
    if (this.#unsaved().length > 0) this.#later(0);
    return () => {
      removeEventListener('online', online);
      removeEventListener('pagehide', hide);
      this.#keep();
      void this.flush();
    };
  };

  edit = (change: Partial<Fields>) => {
    this.#mine = partsOf({ ...fieldsFrom(this.#mine), ...change });
    this.#keep();
    this.#later(PAUSE);
    this.#changed();
  };

  /** A newer answer of the API about the same draft. */
  adopt = (campaign: Campaign) => {
    if (campaign.version < this.#saved.version || campaign === this.#saved) return;
    if (campaign.version > this.#saved.version && this.#running !== undefined) return;
    if (campaign.version > this.#saved.version) this.#join(this.#base(), this.#edited(), campaign);
    else this.#saved = campaign;
    this.#keep();
    this.#changed();
  };

  /** Takes, for each part that clashes, mine or theirs. */
  resolve = (choice: ReadonlyMap<string, 'mine' | 'theirs'>) => {
    if (this.#clash === undefined) return;
    const mine = new Map(this.#mine);
    for (const { part, theirs } of this.#clash.clashes) {
      if (choice.get(part) !== 'theirs') continue;
      if (theirs === undefined) mine.delete(part);
      else mine.set(part, theirs);
    }
    this.#mine = mine;
    this.#clash = undefined;
    this.#keep();
    this.#later(0);
    this.#changed();
  };

  told = () => {
    this.#merged = [];
    this.#changed();
  };

  /** Throws away what was not saved, for a draft that is deleted. */
  discard = () => {
    clearTimeout(this.#timer);
    this.#mine = partsOf(this.#saved);
    this.#clash = undefined;
    this.#keep();
  };

  /** Saves now. Resolves when everything is saved, or cannot be for the time being. */
  flush = (): Promise<void> => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      this.#changed();
    });
    return this.#running;
  };

  /** My parts, without those that only the API wrote differently. */
  #edited(): Parts {
    const saved = partsOf(this.#saved);
    const mine = new Map(saved);
    for (const part of this.#unsaved()) {
      const own = this.#mine.get(part);
      if (own === undefined) mine.delete(part);
      else mine.set(part, own);
    }
    return mine;
  }

  /** What my changes were made on. */
  #base(): { version: number; base: Fields } {
    return this.#clash?.on ?? { version: this.#saved.version, base: fieldsOf(this.#saved) };
  }

  #join(on: { version: number; base: Fields }, mine: Parts, theirs: Campaign) {
    const base = partsOf(on.base);
    const { merged, clashes } = merge(base, mine, partsOf(theirs));
    const own = differences(base, mine);
    this.#merged = own.length === 0 ? [] : differences(base, partsOf(theirs)).filter((part) => !own.includes(part));
    this.#saved = theirs;
    this.#mine = merged;
    this.#settled.clear();
    this.#clash = clashes.length === 0 ? undefined : { theirs, clashes, on };
  }

  #unsaved(): string[] {
    const saved = partsOf(this.#saved);
    return differences(saved, this.#mine).filter((part) => {
      const own = this.#mine.get(part);
      // A field that was opened and left empty is no change.
      if (!saved.has(part) && isBlank(part, own)) return false;
      return this.#settled.get(part) !== formOf(own ?? null);
    });
  }

  /** Parts that the API would not take as they are. */
  #isHeld = (part: string) => this.#isRefused(part) || lackedBy(part, this.#mine.get(part)).length > 0;

  #isRefused = (part: string) => this.#refused.get(part)?.form === formOf(this.#mine.get(part) ?? null);

  #body(parts: string[]): Partial<Fields> {
    const all = new Map(partsOf(this.#saved));
    for (const part of parts) {
      const own = this.#mine.get(part);
      if (own === undefined) all.delete(part);
      else all.set(part, own);
    }
    const whole: Record<Field, unknown> = fieldsFrom(all) as Record<Field, unknown>;
    // An absent field would stay as it is.
    const nothing: Partial<Record<Field, unknown>> = { values: {}, values_by_language: {}, channels: [], name: '' };
    return Object.fromEntries(
      [...new Set(parts.map(fieldOf))].map((field) => [field, whole[field] ?? nothing[field] ?? null]),
    );
  }

  async #run() {
    while (this.#clash === undefined) {
      const parts = this.#unsaved().filter((part) => !this.#isHeld(part));
      if (parts.length === 0) return;
      const sent = new Map(parts.map((part) => [part, formOf(this.#mine.get(part) ?? null)]));
      try {
        const request = this.#request(this.#body(parts));
        this.#changed();
        // Each save needs the version that the one before it made.
        // oxlint-disable-next-line no-await-in-loop
        this.#saved = await call(request);
        this.#savedAt = new Date();
        for (const [part, form] of sent) {
          this.#settled.set(part, form);
          this.#refused.delete(part);
        }
        this.#failure = undefined;
        this.#stopped = undefined;
        this.#retry = FIRST_RETRY;
        this.#keep();
      } catch (error) {
        const problem = asProblem(error);
        if (problem.kind === 'stale-version' && problem.members.current != null) {
          this.#join(this.#base(), this.#edited(), problem.members.current as unknown as Campaign);
          this.#keep();
        } else if (problem.status === 422) {
          this.#refuse(problem, sent);
        } else {
          this.#failure = problem;
          if (problem.isTemporary) {
            this.#later(this.#retry);
            this.#retry = Math.min(2 * this.#retry, LAST_RETRY);
          } else this.#stopped = problem;
          return;
        }
      }
    }
  }

  #request(body: Partial<Fields>, keepalive = false) {
    return api.PATCH('/v1/campaigns/{campaign}', {
      params: { path: { campaign: this.#saved.id }, header: ifMatch(this.#saved) },
      body,
      keepalive,
    });
  }

  #refuse(problem: Problem, sent: Map<string, string>) {
    const at = (part: string) =>
      problem.fields.filter(
        ({ field }) => field === part || field.startsWith(`${part}.`) || field.startsWith(`${part}[`),
      );
    const named = [...sent.keys()].filter((part) => at(part).length > 0);
    for (const part of named.length > 0 ? named : sent.keys()) {
      const problems = named.length > 0 ? at(part) : problem.fields;
      this.#refused.set(part, { form: sent.get(part) ?? '', problems, problem });
    }
  }

  #later(delay: number) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), delay);
  }

  #keep() {
    const unsaved = this.#unsaved();
    const kept = { ...this.#base(), mine: fieldsFrom(this.#mine) };
    keepEdits(this.#tenant, this.#saved.id, unsaved.length === 0 ? undefined : kept);
  }

  /** The page goes away: what is not saved is sent without waiting for the answer, and is kept until it is known to be saved. */
  #leave() {
    this.#keep();
    const parts = this.#unsaved().filter((part) => !this.#isHeld(part));
    if (parts.length === 0 || this.#running !== undefined || this.#clash !== undefined) return;
    const body = this.#body(parts);
    if (JSON.stringify(body).length < KEEPALIVE_BYTES) void this.#request(body, true).catch(() => {});
  }

  #changed() {
    this.#view = this.#look();
    for (const listener of this.#listeners) listener();
  }

  #look(): DraftView {
    const unsaved = this.#unsaved();
    const refused = [...new Set(unsaved.filter(this.#isRefused).map((part) => this.#refused.get(part)))].filter(
      (it) => it !== undefined,
    );
    const first = refused[0]?.problem;
    const problem =
      first === undefined
        ? null
        : new Problem(
            first.status,
            first.kind,
            first.title,
            first.detail,
            { ...first.members, errors: refused.flatMap((it) => it.problems) },
            first.requestId,
          );
    return {
      campaign: this.#saved,
      fields: this.#shown(),
      saving: this.#savingNow(unsaved, problem),
      problem,
      merged: this.#merged,
    };
  }

  /** Parts that did not change keep their identity, so that what shows them is not drawn again. */
  #shown(): Fields {
    const before = this.#view?.fields;
    const now = { ...fieldsOf(this.#saved), ...fieldsFrom(this.#mine) };
    if (before === undefined) return now;
    const same = Object.entries(now).map(([field, value]) => [
      field,
      isSame(before[field as Field], value) ? before[field as Field] : value,
    ]);
    return Object.fromEntries(same) as Fields;
  }

  #savingNow(unsaved: string[], problem: Problem | null): Saving {
    if (this.#clash !== undefined) {
      const { theirs, clashes } = this.#clash;
      return { state: 'clash', theirs, clashes };
    }
    if (unsaved.length === 0) return { state: 'saved', at: this.#savedAt };
    if (this.#stopped !== undefined) return { state: 'refused', problem: this.#stopped };
    if (this.#failure !== undefined) return { state: 'waiting', problem: this.#failure };
    if (!unsaved.every(this.#isHeld)) return { state: 'saving' };
    if (problem !== null) return { state: 'refused', problem };
    const part = unsaved[0] ?? '';
    return { state: 'unfinished', part, lacked: lackedBy(part, this.#mine.get(part)).flatMap((it) => it.slice(0, 1)) };
  }
}
