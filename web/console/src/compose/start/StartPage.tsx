import '../compose.css';

import { Trans, useLingui } from '@lingui/react/macro';
import { useSearchParams } from 'react-router';

import { Page } from '../../ui';
import { NewDraft } from './NewDraft';
import { StartingPoints } from './StartingPoints';
import { startingPointIn } from './startingPoint';

/** Where a campaign begins: the starting point, then its name and channels. The address says which starting point was chosen. */
export function StartPage() {
  const { t } = useLingui();
  const [params] = useSearchParams();
  const chosen = startingPointIn(params);
  return (
    <Page
      title={t`Compose`}
      back={chosen === undefined ? undefined : { to: '/compose', title: t`Other starting points` }}
      about={<Trans>Nothing is sent until you confirm it in the last step.</Trans>}
      narrow={chosen !== undefined}
    >
      {chosen === undefined ? <StartingPoints /> : <NewDraft key={`${chosen.kind} ${chosen.id}`} from={chosen} />}
    </Page>
  );
}
