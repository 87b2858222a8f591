/** Outlines on a grid of 24, drawn with a line of 1.75. */
const paths = {
  bell: 'M6 9a6 6 0 0 1 12 0c0 5 2 6 2 8H4c0-2 2-3 2-8ZM10 20.500a2.200 2.200 0 0 0 4 0',
  home: 'M4 11 12 4l8 7v8.500a.5.5 0 0 1-.5.5H15v-6H9v6H4.500a.5.5 0 0 1-.5-.5Z',
  compose: 'M5 19h3.500L19 8.500 15.500 5 5 15.500ZM13 7.500l3.500 3.500',
  campaigns: 'M4 10v4h3l8 4.500v-13L7 10ZM18 9a4 4 0 0 1 0 6',
  drafts: 'M7 4h7l4 4v12H7ZM14 4v4h4M10 13h5M10 16h5',
  log: 'M5 6h14M5 12h14M5 18h9',
  attention: 'M12 4 21 19.500H3ZM12 10v4.500M12 17v.2',
  people:
    'M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM3.500 19c0-3 2.500-5 5.500-5s5.500 2 5.500 5M16 5.500a3 3 0 0 1 0 5.500M17.500 14.300c2 .7 3 2.500 3 4.700',
  imports: 'M12 15V5M8 8.500l4-4 4 4M5 19h14',
  suppressions: 'M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16ZM6.500 6.500l11 11',
  templates: 'M4 5h16v14H4ZM4 10h16M9 10v9',
  wrappers: 'M4 4h16v16H4ZM4 8h16M4 16h16',
  presets: 'M13 3 5 14h6l-1 7 8-11h-6Z',
  library: 'M5 5v14M9 5v14M13 5.500 17.500 19',
  transports:
    'M4 7h11v9H4ZM15 10h3.500l2 3v3H15M8 18.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3ZM17.500 18.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3Z',
  routes: 'M6 19V5M6 8h9l3 3-3 3H6',
  tenant: 'M5 20V6l7-3 7 3v14M9 20v-4h6v4M9 9h.2M15 9h-.2M9 12.500h.2M15 12.500h-.2',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM16 16l4.500 4.500',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400',
  moon: 'M19.500 14.500A8 8 0 0 1 9.500 4.500a8 8 0 1 0 10 10Z',
  more: 'M5.500 12h.1M12 12h.1M18.500 12h.1',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  cross: 'M6 6l12 12M18 6 6 18',
  clock: 'M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16ZM12 7.500V12l3 2',
  pause: 'M8.500 5.500v13M15.500 5.500v13',
  play: 'M8 5v14l11-7Z',
  question:
    'M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16ZM9.800 9.500a2.300 2.300 0 1 1 3.200 2.200c-.7.400-1 .8-1 1.700M12 16.200v.1',
  skip: 'M5 12h12M13 8l4 4-4 4M20 6v12',
  copy: 'M9 9h10v11H9ZM5 15V4h10',
  plus: 'M12 5v14M5 12h14',
  back: 'M14.500 6 8.500 12l6 6',
  next: 'M9.500 6l6 6-6 6',
  up: 'M6 14.500l6-6 6 6',
  down: 'M6 9.500l6 6 6-6',
  menu: 'M4 7h16M4 12h16M4 17h16',
  email: 'M3.500 6h17v12h-17ZM3.500 7l8.500 6 8.500-6',
  sms: 'M4 5h16v11H11l-4 3.500V16H4ZM8 10.500h.1M12 10.500h.1M16 10.500h.1',
  whatsapp:
    'M4 20l1.200-4A8 8 0 1 1 8 18.800ZM9 8.500c0 3.500 3 6.500 6.500 6.500l.5-1.800-2-1-1 .8a5 5 0 0 1-2-2l.8-1-1-2Z',
  push: 'M8 3h8v18H8ZM11 18h2',
  laptop: 'M5 5h14v10H5ZM3 18.500h18',
  trash: 'M5 7h14M10 7V4.500h4V7M7 7l1 13h8l1-13',
  pencil: 'M5 19h3.500L19 8.500 15.500 5 5 15.500Z',
  send: 'M4 11.500 20 4l-6 16-3-6.500Z',
  redo: 'M16 6l4 4-4 4M20 10H10a5 5 0 0 0 0 10h3',
  refresh:
    'M19 12a7 7 0 0 1-12.500 4.300L4.500 14M5 12a7 7 0 0 1 12.500-4.300L19.500 10M4.500 18.500V14H9M19.500 5.500V10H15',
  history: 'M4.500 12a7.500 7.500 0 1 0 2.500-5.600L4.500 9M4.500 4.500V9H9M12 8v4.500l3 1.800',
  upload: 'M12 15V5M8 8.500l4-4 4 4M5 19h14',
  download: 'M12 4v10M8 10.500l4 4 4-4M5 19h14',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.500 20c0-3.500 3-6 7.500-6s7.500 2.500 7.500 6',
  undo: 'M8 6 4 10l4 4M4 10h10a5 5 0 0 1 0 10h-3',
  eye: 'M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12ZM12 14.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5Z',
  signout: 'M14 5H5v14h9M11 12h9M17 9l3 3-3 3',
} as const;

export type IconName = keyof typeof paths;

/** A picture beside a word. It is never the only sign, so screen readers skip it. */
export function Icon({ name, size = 18, color }: { name: IconName; size?: number; color?: string }) {
  return (
    <svg
      aria-hidden="true"
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke={color ?? 'currentColor'}
      strokeWidth={name === 'more' ? 3 : 1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
      style={{ flex: 'none' }}
    >
      <path d={paths[name]} />
    </svg>
  );
}
