import { createTheme, type MantineColorsTuple } from '@mantine/core';

// Each tuple runs from light to dark. Text on shade 7 of the accent, and shade 6 of the greys on white, have a contrast of at
// least 4.5:1 (WCAG 2.2, 1.4.3).
const bell: MantineColorsTuple = [
  '#eef6f5',
  '#d9eae8',
  '#b4d6d2',
  '#8cc1bb',
  '#6bb0a8',
  '#4f9a93',
  '#2f807a',
  '#1d6764',
  '#155350',
  '#0c403e',
];
const gray: MantineColorsTuple = [
  '#faf9f7',
  '#f3f1ee',
  '#e8e5e0',
  '#dad6cf',
  '#c4bfb6',
  '#958f85',
  '#6b665e',
  '#55504a',
  '#3a3632',
  '#24211e',
];
const dark: MantineColorsTuple = [
  '#dcd8d1',
  '#c2bdb5',
  '#a8a39b',
  '#6f6a63',
  '#4a4642',
  '#3a3734',
  '#2d2b28',
  '#211f1d',
  '#1a1816',
  '#131110',
];

export const theme = createTheme({
  primaryColor: 'bell',
  primaryShade: { light: 7, dark: 6 },
  colors: { bell, gray, dark },
  black: '#24211e',
  defaultRadius: 8,
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  fontSizes: { xs: '0.75rem', sm: '0.875rem', md: '1rem', lg: '1.125rem', xl: '1.25rem' },
  headings: {
    fontWeight: '650',
    sizes: { h1: { fontSize: '1.5rem' }, h2: { fontSize: '1.125rem' }, h3: { fontSize: '1rem' } },
  },
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Anchor: { defaultProps: { inherit: true } },
    Text: { defaultProps: { size: 'sm' } },
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Textarea: { defaultProps: { size: 'sm', autosize: true, minRows: 3 } },
    Select: { defaultProps: { size: 'sm', allowDeselect: false } },
    Modal: { defaultProps: { centered: true, transitionProps: { duration: 100 } } },
    Drawer: { defaultProps: { position: 'right', transitionProps: { duration: 120 } } },
    // A dialog's header is not a header of the page.
    ModalHeader: { defaultProps: { component: 'div' } },
    DrawerHeader: { defaultProps: { component: 'div' } },
    Tooltip: {
      defaultProps: {
        withArrow: true,
        openDelay: 200,
        multiline: true,
        maw: 320,
        events: { hover: true, focus: true, touch: true },
      },
    },
  },
});
