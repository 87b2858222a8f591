import { useState } from 'react';

import { type Step, steps } from './steps';

/** The steps that somebody went past in this browser, so that a step is not called done before it was seen. */
type Passed = { campaign: string; steps: Step[] };

const STORED = 'carillon.steps';
const MOST = 200;

function all(): Passed[] {
  try {
    return JSON.parse(localStorage.getItem(STORED) ?? '[]') as Passed[];
  } catch {
    return [];
  }
}

function passedSteps(campaign: string): Step[] {
  return all().find((it) => it.campaign === campaign)?.steps ?? [];
}

/** Marks every step before another one as passed. */
export function passStepsBefore(campaign: string, step: Step) {
  pass(campaign, steps.slice(0, steps.indexOf(step)));
}

function pass(campaign: string, passed: Step[]): Step[] {
  const now = [...new Set([...passedSteps(campaign), ...passed])];
  try {
    const others = all().filter((it) => it.campaign !== campaign);
    localStorage.setItem(STORED, JSON.stringify([...others, { campaign, steps: now }].slice(-MOST)));
  } catch {
    // Without storage, the steps are passed until the page is left.
  }
  return now;
}

/** The steps that were passed, by going from them to a later one. */
export function usePassedSteps(campaign: string, step: Step | undefined): Step[] {
  const [known, setKnown] = useState(() => ({ step, passed: passedSteps(campaign) }));
  if (known.step === step) return known.passed;
  const before = known.step;
  const isPassed = before !== undefined && step !== undefined && steps.indexOf(before) < steps.indexOf(step);
  const passed = isPassed ? [...new Set([...known.passed, ...pass(campaign, [before])])] : known.passed;
  setKnown({ step, passed });
  return passed;
}
