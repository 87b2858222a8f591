/** Where the stack is, from the environment that `cargo browser` sets. */
function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set; run these tests by \`cargo browser\``);
  return value;
}

export const stack = {
  /** The console's address, with a slash at the end. */
  console: variable('CARILLON_CONSOLE_URL'),
  api: variable('CARILLON_API_URL'),
  key: variable('CARILLON_API_KEY'),
  simulator: variable('CARILLON_SIMULATOR_URL'),
};
