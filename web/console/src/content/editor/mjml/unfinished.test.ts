import { expect, test } from 'vitest';

import { blank, mjmlOfText } from './start';
import { unfinishedIn } from './unfinished';

const email = (blocks: string) =>
  `<mjml><mj-body><mj-section><mj-column>${blocks}</mj-column></mj-section></mj-body></mjml>`;

test('a new email has nothing to send, and neither has one with empty blocks, a line and some space', () => {
  const empty =
    '<mj-text><p></p></mj-text><mj-divider/><mj-spacer height="24px"/><mj-text><h2 style="x"><br/></h2></mj-text>';
  expect(unfinishedIn(blank)).toBe('everything');
  expect(unfinishedIn(email(empty))).toBe('everything');
  expect(unfinishedIn(email('<mj-button></mj-button>'))).toBe('everything');
});

test('a block that was added and not filled in is found in an email that is written', () => {
  const text = '<mj-text><p>Hello {{member.first_name}}</p></mj-text>';
  expect(unfinishedIn(email(text))).toBeUndefined();
  expect(unfinishedIn(email(`${text}<mj-text><p> </p></mj-text>`))).toBe('text');
  expect(unfinishedIn(email(`${text}<mj-button>Read more</mj-button>`))).toBe('button');
  expect(unfinishedIn(email(`${text}<mj-button href="https://">Read more</mj-button>`))).toBe('button');
  expect(unfinishedIn(email(`${text}<mj-button href="https://a.example">Read more</mj-button>`))).toBeUndefined();
  expect(unfinishedIn(email(`${text}<mj-image src=""/>`))).toBe('image');
  expect(unfinishedIn(email(`${text}<mj-social><mj-social-element name="web" /></mj-social>`))).toBe('link');
});

test('a picture alone, space on purpose, and what only code can say are finished', () => {
  expect(unfinishedIn(email('<mj-image src="https://a.example/a.png"/>'))).toBeUndefined();
  expect(unfinishedIn(email('<mj-text>Hi</mj-text><mj-text>&#160;</mj-text>'))).toBeUndefined();
  expect(unfinishedIn(email('<mj-table><tr><td>1</td></tr></mj-table>'))).toBeUndefined();
  expect(unfinishedIn(mjmlOfText('Hello'))).toBeUndefined();
  expect(unfinishedIn('<mjml><mj-body><mj-text>')).toBeUndefined();
});
