const COPIED = [
  'fontFamily',
  'fontSize',
  'fontWeight',
  'lineHeight',
  'letterSpacing',
  'paddingTop',
  'paddingLeft',
  'paddingRight',
  'borderTopWidth',
  'borderLeftWidth',
  'borderRightWidth',
  'boxSizing',
  'textIndent',
  'tabSize',
] as const;

/**
 * Where a list below the cursor of a field belongs, relative to the field's parent. Browsers do not tell, so the text up to the
 * cursor is laid out once more beside the field.
 */
export function caretIn(field: HTMLInputElement | HTMLTextAreaElement): { left: number; top: number } {
  const style = getComputedStyle(field);
  const copy = document.createElement('div');
  for (const name of COPIED) copy.style[name] = style[name];
  Object.assign(copy.style, {
    position: 'absolute',
    visibility: 'hidden',
    whiteSpace: field instanceof HTMLTextAreaElement ? 'pre-wrap' : 'pre',
    overflowWrap: 'break-word',
    width: `${field.offsetWidth}px`,
  });
  copy.textContent = field.value.slice(0, field.selectionStart ?? 0);
  const mark = document.createElement('span');
  mark.textContent = '\u200b';
  copy.append(mark);
  document.body.append(copy);
  const at = { left: mark.offsetLeft - field.scrollLeft, top: mark.offsetTop + mark.offsetHeight - field.scrollTop };
  copy.remove();
  const parent = field.closest('[data-field]') ?? field.offsetParent ?? field;
  const own = field.getBoundingClientRect();
  const outer = parent.getBoundingClientRect();
  return {
    left: Math.max(0, Math.min(at.left + own.left - outer.left, outer.width - 300)),
    top: Math.min(at.top, field.offsetHeight) + own.top - outer.top + 4,
  };
}
