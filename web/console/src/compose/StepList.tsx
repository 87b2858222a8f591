import { useLingui } from '@lingui/react/macro';
import { Link } from 'react-router';

import { Icon, VisuallyHidden } from '../ui';
import { type Gap, type Step, stepPath, steps, stepTitles } from './steps';

type Props = {
  /** Before there is a draft, the steps only show what will come. */
  campaign: string | undefined;
  current: Step;
  gaps?: Gap[];
  /** The steps that the person went past: only such a one is done. */
  passed?: Step[];
};

/** The four steps; each can be opened at any time, because leaving one is always safe. */
export function StepList({ campaign, current, gaps = [], passed = [] }: Props) {
  const { t, i18n } = useLingui();
  return (
    <nav aria-label={t`Steps`}>
      <ol className="steps">
        {steps.map((step, index) => {
          const done = passed.includes(step) && gaps.every((it) => it.step !== step);
          const state = {
            'aria-current': step === current ? ('step' as const) : undefined,
            'data-done': done || undefined,
          };
          const words = (
            <>
              <span className="number">{done ? <Icon name="check" size={14} /> : index + 1}</span>
              <span>
                {i18n._(stepTitles[step])}
                {done && <VisuallyHidden>{t`, done`}</VisuallyHidden>}
              </span>
            </>
          );
          return (
            <li key={step}>
              {campaign === undefined ? (
                <span className="step" {...state}>
                  {words}
                </span>
              ) : (
                <Link className="step" to={stepPath(campaign, step)} {...state}>
                  {words}
                </Link>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
