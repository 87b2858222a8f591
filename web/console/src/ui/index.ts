/**
 * Everything that pages draw with. Mantine is imported in this folder only, so that its next major version, or another
 * library, changes this folder and nothing else.
 */
export {
  Accordion,
  ActionIcon,
  AppShell,
  Autocomplete,
  Badge,
  Box,
  Burger,
  Button,
  Center,
  Checkbox,
  Code,
  Collapse,
  ColorInput,
  Divider,
  Drawer,
  Fieldset,
  FileButton,
  Flex,
  Group,
  Indicator,
  Kbd,
  List,
  Loader,
  Menu,
  Modal,
  NavLink,
  NumberInput,
  Paper,
  PasswordInput,
  Popover,
  Progress,
  Radio,
  ScrollArea,
  SegmentedControl,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Tabs,
  Text,
  Textarea,
  TextInput,
  Title,
  Tooltip,
  UnstyledButton,
  VisuallyHidden,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
export { useDebouncedValue, useDisclosure, useHotkeys, useMediaQuery } from '@mantine/hooks';
export { useConfirm } from './confirm';
export { CopyText } from './CopyText';
export { type Column, DataTable } from './DataTable';
export { EmptyState } from './EmptyState';
export { EmailFrame } from './EmailFrame';
export { FilterChips } from './FilterChips';
export { Icon, type IconName } from './Icon';
export { ButtonLink, TextLink } from './links';
export { Loading } from './Loading';
export { Objection } from './Objection';
export { notify } from './notify';
export { Page } from './Page';
export { Palette } from './Palette';
export { ProblemNote } from './ProblemNote';
export { Pending } from './Pending';
export { PageMenu, RowMenu } from './RowMenu';
export { SearchField } from './SearchField';
export { Shares } from './Shares';
export { Status, type Tone, toneColor } from './Status';
export { Banner } from './Banner';
export { Bytes, Count, Share } from './figures';
export { useParam } from './useParam';
export { When } from './When';
export { UiProvider } from './Provider';
export { Section } from './Section';
export { useFocusOnProblem } from './useFocusOnProblem';
export { useUnsaved } from './useUnsaved';
export { saveCsv } from './saveCsv';
