import type { Schemas } from '../../api';

/** What a campaign starts from. */
export type StartingPoint = { kind: 'blank' | 'template' | 'library' | 'preset'; id: string };

const kinds = ['template', 'library', 'preset', 'blank'] as const;

/** The starting point that an address names, for example `?library=outage-notice`. */
export function startingPointIn(params: URLSearchParams): StartingPoint | undefined {
  for (const kind of kinds) {
    const id = params.get(kind);
    if (id !== null) return { kind, id };
  }
  return undefined;
}

export function startingPointPath({ kind, id }: StartingPoint): string {
  return `/compose?${new URLSearchParams({ [kind]: id }).toString()}`;
}

/** The starting point as the API takes it. */
export function startingPointBody({ kind, id }: StartingPoint): Partial<Schemas['CreateCampaign']> {
  switch (kind) {
    case 'template':
      return { template: { id } };
    case 'library':
      return { library: id };
    case 'preset':
      return { preset: id };
    default:
      return {};
  }
}
