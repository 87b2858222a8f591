import { useLingui } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { Suspense, useState } from 'react';
import { Link, Outlet, ScrollRestoration, useLocation, useNavigate } from 'react-router';

import { get } from '../api';
import { signOut } from '../api/session';
import {
  ActionIcon,
  AppShell,
  Burger,
  Group,
  Icon,
  Kbd,
  Loading,
  Menu,
  NavLink,
  Palette,
  ScrollArea,
  Text,
  Tooltip,
  UnstyledButton,
  useComputedColorScheme,
  useDebouncedValue,
  useDisclosure,
  useMantineColorScheme,
  useMediaQuery,
} from '../ui';
import { chooseLocale, type Locale, locales } from './i18n';
import { navigation } from './navigation';
import { Offline } from './Offline';

/** What surrounds every page: the bar above, the menu at the left, the search. */
export function Shell() {
  const { t, i18n } = useLingui();
  const [opened, menu] = useDisclosure(false);
  const [narrow, { toggle: toggleNarrow }] = useDisclosure(false);
  const isPhone = useMediaQuery('(max-width: 62em)') ?? false;
  const { pathname } = useLocation();
  const tenant = useQuery(get('/v1/tenant'));
  const icons = narrow && !isPhone;
  return (
    <>
      <a className="skip" href="#main">{t`Skip to content`}</a>
      <Search />
      <AppShell
        header={{ height: 52 }}
        navbar={{ width: icons ? 60 : 220, breakpoint: 'md', collapsed: { mobile: !opened } }}
        padding="md"
        transitionDuration={100}
      >
        <AppShell.Header px="md">
          <Group h="100%" justify="space-between" wrap="nowrap" gap="xs">
            <Group gap="xs" wrap="nowrap" style={{ minWidth: 0 }}>
              <Burger hiddenFrom="md" size="sm" opened={opened} onClick={menu.toggle} aria-label={t`Menu`} />
              <UnstyledButton component={Link} to="/" aria-label={t`Carillon, home page`}>
                <Group gap={6} wrap="nowrap">
                  <Icon name="bell" size={24} color="var(--mantine-primary-color-filled)" />
                  <Text fw={700} size="md" visibleFrom="xs">
                    Carillon
                  </Text>
                </Group>
              </UnstyledButton>
              <Text c="dimmed" truncate maw={{ base: 110, xs: 200, md: 320 }}>
                {tenant.data?.name}
              </Text>
            </Group>
            <Group gap={4} wrap="nowrap">
              <UnstyledButton onClick={() => Palette.open()} aria-label={t`Search`} className="search-button">
                <Group gap={8} wrap="nowrap" c="dimmed">
                  <Icon name="search" />
                  <Text visibleFrom="sm" size="sm">{t`Search`}</Text>
                  <Kbd visibleFrom="sm" size="xs">
                    /
                  </Kbd>
                </Group>
              </UnstyledButton>
              <ThemeButton />
              <Menu position="bottom-end">
                <Menu.Target>
                  <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t`Account`}>
                    <Icon name="person" />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Label>{t`Language`}</Menu.Label>
                  {Object.entries(locales).map(([locale, name]) => (
                    <Menu.Item
                      key={locale}
                      lang={locale}
                      leftSection={
                        i18n.locale === locale ? <Icon name="check" size={16} /> : <span style={{ width: 16 }} />
                      }
                      onClick={() => void chooseLocale(locale as Locale)}
                    >
                      {name}
                    </Menu.Item>
                  ))}
                  <Menu.Divider />
                  <Menu.Item leftSection={<Icon name="signout" size={16} />} onClick={() => signOut()}>
                    {t`Sign out`}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            </Group>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar aria-label={t`Menu`}>
          <AppShell.Section grow component={ScrollArea} px={8} py="xs">
            {navigation.map((group) => (
              <div key={group.title.id} role="group" aria-label={i18n._(group.title)}>
                {!icons && (
                  <Text size="xs" fw={600} c="dimmed" px={10} pt={12} pb={4}>
                    {i18n._(group.title)}
                  </Text>
                )}
                {group.pages.map(({ to, title, icon }) => (
                  <Tooltip key={to} label={i18n._(title)} position="right" disabled={!icons}>
                    <NavLink
                      component={Link}
                      to={to}
                      label={icons ? undefined : i18n._(title)}
                      aria-label={icons ? i18n._(title) : undefined}
                      leftSection={<Icon name={icon} />}
                      active={isWithin(pathname, to)}
                      aria-current={isWithin(pathname, to) ? 'page' : undefined}
                      onClick={menu.close}
                      py={7}
                      style={{ borderRadius: 8 }}
                    />
                  </Tooltip>
                ))}
              </div>
            ))}
          </AppShell.Section>
          <AppShell.Section p={8} visibleFrom="md">
            <NavLink
              component="button"
              label={icons ? undefined : t`Collapse the menu`}
              aria-label={icons ? t`Expand the menu` : undefined}
              leftSection={<Icon name={icons ? 'next' : 'back'} />}
              onClick={toggleNarrow}
              py={7}
              style={{ borderRadius: 8 }}
            />
          </AppShell.Section>
        </AppShell.Navbar>
        <AppShell.Main id="main" tabIndex={-1} style={{ outline: 'none' }}>
          <Offline />
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
        </AppShell.Main>
      </AppShell>
      <ScrollRestoration />
    </>
  );
}

function isWithin(pathname: string, to: string): boolean {
  return to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(`${to}/`);
}

function ThemeButton() {
  const { t } = useLingui();
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const label = scheme === 'dark' ? t`Light theme` : t`Dark theme`;
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={label}
        onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}
      >
        <Icon name={scheme === 'dark' ? 'sun' : 'moon'} />
      </ActionIcon>
    </Tooltip>
  );
}

/** Pages, and campaigns whose name has what was typed. People are found inside a campaign, so it leads to where that is done. */
function Search() {
  const { t, i18n } = useLingui();
  const navigate = useNavigate();
  const [typed, setTyped] = useState('');
  const [words] = useDebouncedValue(typed.trim(), 250);
  const campaigns = useQuery({
    ...get('/v1/campaigns', { params: { query: { name: words, limit: 6 } } }),
    enabled: words.length >= 2,
  });
  const pages = navigation.flatMap((group) =>
    group.pages.map(({ to, title, icon, words: known }) => ({
      id: to,
      label: i18n._(title),
      about: i18n._(group.title),
      words: known,
      icon,
      go: () => void navigate(to),
    })),
  );
  const found = (words.length < 2 ? [] : (campaigns.data?.campaigns ?? [])).map((it) => ({
    id: it.id,
    label: it.name,
    icon: it.status === 'draft' ? ('drafts' as const) : ('campaigns' as const),
    words: [words],
    go: () => void navigate(it.status === 'draft' ? `/compose/${it.id}` : `/campaigns/${it.id}`),
  }));
  const person = {
    id: 'person',
    label: t`Find a person: ${words}`,
    about: t`Choose the campaign that they are in`,
    icon: 'people' as const,
    words: [words],
    go: () => void navigate(`/send-log?search=${encodeURIComponent(words)}`),
  };
  return (
    <Palette
      entries={[...pages, ...found, ...(words.length < 2 ? [] : [person])]}
      onSearch={setTyped}
      placeholder={t`Page, campaign or person`}
      nothing={t`Searching…`}
    />
  );
}
