import { expect, test } from 'vitest';

import { kindOf, typedValue, valueAt, withValue } from './values';

test('values are found and set however they are written', () => {
  expect(valueAt({ outage: { area: 'Mill Lane' } }, 'outage.area')).toBe('Mill Lane');
  expect(valueAt({ 'outage.area': 'Mill Lane' }, 'outage.area')).toBe('Mill Lane');
  expect(withValue({ 'outage.area': 'Mill Lane', outage: { end: '18:00' } }, 'outage.area', 'Market')).toEqual({
    outage: { area: 'Market', end: '18:00' },
  });
  expect(withValue({ outage: { area: 'Mill Lane' }, x: 1 }, 'outage.area', undefined)).toEqual({ x: 1 });
});

test('the sample says how a value is entered, unless something else is there', () => {
  expect(kindOf('2026-11-21T15:10:00Z', undefined)).toBe('moment');
  expect(kindOf('2026-11-21T15:10:00Z', '2026-12-01T18:00')).toBe('moment');
  expect(kindOf('2026-11-21T15:10:00Z', 'this evening')).toBe('text');
  expect(kindOf(48.5, undefined)).toBe('number');
  expect(typedValue('number', '48,50')).toBe(48.5);
  expect(typedValue('number', '48,')).toBe('48,');
  expect(typedValue('text', '')).toBeUndefined();
});
