import { setupServer } from 'msw/node';

/** Answers requests to the API in component tests; each test adds what it needs. */
export const server = setupServer();
