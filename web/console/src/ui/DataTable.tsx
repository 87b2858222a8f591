import { Plural, Trans, useLingui } from '@lingui/react/macro';
import { Button, Group, Loader, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import {
  memo,
  type ReactNode,
  type RefObject,
  useDeferredValue,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';

import type { Rows } from '../api/queries';
import { Loading } from './Loading';
import { ProblemNote } from './ProblemNote';

export type Column<Row> = {
  id: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** Figures are aligned to the right. */
  align?: 'right';
  /** A column no wider than what it holds. */
  tight?: boolean;
  /** On phones: `below` puts it under the first column, `hidden` leaves it out. */
  phone?: 'below' | 'hidden';
};

type Props<Row> = {
  /** What the table shows, for screen readers. */
  caption: string;
  columns: Column<Row>[];
  rows: Rows<Row>;
  rowKey: (row: Row) => string;
  /** Shown instead of the table if there are no rows. */
  empty: ReactNode;
  /** What one can do with a row, in the last column. */
  actions?: (row: Row) => ReactNode;
};

const ROW = 41;

/** A list of any length: only the rows on the screen are drawn, and more pages are read as one scrolls. */
export function DataTable<Row>({ caption, columns, rows, rowKey, empty, actions }: Props<Row>) {
  const { t } = useLingui();
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  const isPhone = useMediaQuery('(max-width: 48em)') ?? false;
  const all = rows.rows ?? [];
  const virtual = useWindowVirtualizer({
    count: all.length,
    estimateSize: () => ROW,
    overscan: 8,
    scrollMargin: top,
    // Rows are drawn in slices, between which the browser can scroll.
    useFlushSync: false,
  });
  // What stands above the table may grow or shrink at any time, so its place is measured after every drawing.
  // oxlint-disable-next-line react-hooks/exhaustive-deps
  useLayoutEffect(() => {
    if (body.current === null) return;
    const now = Math.round(body.current.getBoundingClientRect().top + window.scrollY);
    if (Math.abs(now - top) > ROW) setTop(now);
  });
  const shown = virtual.getVirtualItems();
  const margin = virtual.options.scrollMargin;
  const slice = useDeferredValue<Slice>({
    shown: shown.flatMap(({ index }) => {
      const row = all[index];
      return row === undefined ? [] : [{ index, row, key: rowKey(row) }];
    }),
    before: (shown[0]?.start ?? margin) - margin,
    after: virtual.getTotalSize() - ((shown.at(-1)?.end ?? margin) - margin),
    columns: columns as Column<unknown>[],
    actions: actions as ((row: unknown) => ReactNode) | undefined,
    isPhone,
  });
  const last = shown.at(-1)?.index ?? 0;
  const { more, loading, loadMore } = rows;
  useEffect(() => {
    if (more && !loading && rows.problem === undefined && last >= all.length - 20) loadMore();
  }, [more, loading, last, all.length, loadMore, rows.problem]);

  if (rows.rows === undefined) {
    return rows.problem === undefined ? (
      <Loading rows={6} />
    ) : (
      <ProblemNote problem={rows.problem} retry={rows.retry} />
    );
  }
  if (all.length === 0 && !more) return <>{empty}</>;
  return (
    <div>
      <table className="data" aria-rowcount={more ? -1 : all.length + 1}>
        <caption style={{ position: 'absolute', clip: 'rect(0 0 0 0)', width: 1, height: 1, overflow: 'hidden' }}>
          {caption}
        </caption>
        <thead>
          <tr aria-rowindex={1}>
            {beside(columns, isPhone).map((it) => (
              <th key={it.id} scope="col" className={classes(it)}>
                {it.title}
              </th>
            ))}
            {actions !== undefined && (
              <th scope="col" className="tight">
                <span style={{ position: 'absolute', left: -10000 }}>{t`Actions`}</span>
              </th>
            )}
          </tr>
        </thead>
        <TableBody slice={slice} body={body} measure={virtual.measureElement} />
      </table>
      <Group justify="center" p="sm" mih={52}>
        {rows.problem !== undefined ? (
          <ProblemNote problem={rows.problem} retry={rows.retry} />
        ) : loading ? (
          <Loader size="sm" aria-label={t`Loading`} />
        ) : more ? (
          <Button variant="subtle" onClick={loadMore}>
            <Trans>Show more</Trans>
          </Button>
        ) : (
          <Text size="xs" c="dimmed">
            <Plural value={all.length} one="# row in total" other="# rows in total" />
          </Text>
        )}
      </Group>
    </div>
  );
}

/** The part of the table that is on the screen. */
type Slice = {
  shown: { index: number; row: unknown; key: string }[];
  /** The heights of what is above and below it, in pixels. */
  before: number;
  after: number;
  columns: Column<unknown>[];
  actions: ((row: unknown) => ReactNode) | undefined;
  isPhone: boolean;
};

type BodyProps = {
  slice: Slice;
  body: RefObject<HTMLTableSectionElement | null>;
  measure: (element: HTMLTableRowElement | null) => void;
};

const TableBody = memo(function TableBody({ slice, body, measure }: BodyProps) {
  const { shown, before, after, columns, actions, isPhone } = slice;
  const width = beside(columns, isPhone).length + (actions === undefined ? 0 : 1);
  return (
    <tbody ref={body}>
      {before > 0 && <Spacer height={before} width={width} />}
      {shown.map(({ index, row, key }) => (
        <TableRow
          key={key}
          row={row}
          index={index}
          columns={columns}
          isPhone={isPhone}
          actions={actions}
          measure={measure}
        />
      ))}
      {after > 0 && <Spacer height={after} width={width} />}
    </tbody>
  );
});

/** The place of rows that are not drawn. `width` is in columns. */
function Spacer({ height, width }: { height: number; width: number }) {
  return (
    <tr className="spacer" aria-hidden="true">
      <td colSpan={width} style={{ height }} />
    </tr>
  );
}

type RowProps = {
  row: unknown;
  index: number;
  columns: Column<unknown>[];
  isPhone: boolean;
  actions: ((row: unknown) => ReactNode) | undefined;
  measure: (element: HTMLTableRowElement | null) => void;
};

/** One row. Scrolling draws the table again and again, so a row that stays is not drawn again. */
const TableRow = memo(function TableRow({ row, index, columns, isPhone, actions, measure }: RowProps) {
  const [first, ...others] = columns;
  if (first === undefined) return null;
  return (
    <tr data-index={index} ref={measure} aria-rowindex={index + 2}>
      <td className={classes(first)}>
        {first.cell(row)}
        {others
          .filter((it) => isPhone && it.phone === 'below')
          .map((it) => (
            <div key={it.id} className="below">
              {it.cell(row)}
            </div>
          ))}
      </td>
      {beside(others, isPhone).map((it) => (
        <td key={it.id} className={classes(it)}>
          {it.cell(row)}
        </td>
      ))}
      {actions !== undefined && <td className="tight right">{actions(row)}</td>}
    </tr>
  );
});

/** The columns that stand beside each other; on phones, some are below the first one or left out. */
function beside<Row>(columns: Column<Row>[], isPhone: boolean): Column<Row>[] {
  return isPhone ? columns.filter((it) => it.phone === undefined) : columns;
}

function classes<Row>(column: Column<Row>): string {
  return [column.align === 'right' ? 'right' : '', column.tight === true ? 'tight' : '']
    .filter((it) => it !== '')
    .join(' ');
}
