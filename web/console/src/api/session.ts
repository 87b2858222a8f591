/**
 * The credentials of this tab. They are kept in memory and, if the person asks for it, in `sessionStorage`, which ends with
 * the tab. OpenID Connect will put a session of another kind here; nothing else in the console knows how one signs in.
 */
type Session = { readonly key: string };

const STORED = 'carillon.session';

/** Why the last session ended, for the sign-in page. */
export type Ended = 'signed-out' | 'refused' | undefined;

let session: Session | undefined;
let ended: Ended;
const listeners = new Set<() => void>();

function changed() {
  for (const listener of listeners) listener();
}

export function currentSession(): Session | undefined {
  return session;
}

export function howSessionEnded(): Ended {
  return ended;
}

export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function signIn(key: string, remember: boolean) {
  session = { key };
  ended = undefined;
  if (remember) sessionStorage.setItem(STORED, key);
  changed();
}

export function signOut(reason: Ended = 'signed-out') {
  session = undefined;
  ended = reason;
  sessionStorage.removeItem(STORED);
  changed();
}

/**
 * Takes up the session of the tab, or the key in the fragment `#key=…` that the local stack prints. The fragment is removed
 * from the address bar and from the history at once.
 */
export function resumeSession() {
  const given = new URLSearchParams(location.hash.slice(1)).get('key');
  if (given !== null) {
    history.replaceState(history.state, '', location.pathname + location.search);
    signIn(given, true);
    return;
  }
  const stored = sessionStorage.getItem(STORED);
  if (stored !== null) session = { key: stored };
}
