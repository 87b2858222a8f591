import type { Schemas } from '../api';

type Person = Pick<Schemas['Receiver'], 'first_name' | 'last_name' | 'email' | 'mobile' | 'id'>;

/** A receiver as people call them: by name, else by an address. */
export function personName({ first_name, last_name, email, mobile, id }: Person): string {
  const name = [first_name, last_name].filter((it) => it != null && it !== '').join(' ');
  return name !== '' ? name : (email ?? mobile ?? id);
}
