import type { RouteObject } from 'react-router';

import { routes as access } from '../access/routes';
import { routes as campaigns } from '../campaigns/routes';
import { routes as compose } from '../compose/routes';
import { routes as content } from '../content/routes';
import { routes as home } from '../home/routes';
import { routes as imports } from '../imports/routes';
import { routes as operations } from '../operations/routes';
import { routes as receivers } from '../receivers/routes';
import { routes as suppressions } from '../suppressions/routes';
import { routes as transports } from '../transports/routes';
import { Loading } from '../ui';
import { Broken } from './Broken';
import { NotFound } from './NotFound';
import { Shell } from './Shell';

/** Every page: each area has its own list, whose pages are loaded when they are first opened. */
export const routes: RouteObject[] = [
  {
    element: <Shell />,
    hydrateFallbackElement: <Loading />,
    children: [
      {
        errorElement: <Broken />,
        children: [
          ...home,
          ...campaigns,
          ...compose,
          ...receivers,
          ...imports,
          ...content,
          ...transports,
          ...suppressions,
          ...operations,
          ...access,
          { path: '*', element: <NotFound /> },
        ],
      },
    ],
  },
];
