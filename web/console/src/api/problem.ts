import type { components } from './schema';

type Members = components['schemas']['Problem'];

/** A field of the request that the API rejected, and why. */
export type FieldProblem = components['schemas']['FieldError'];

/** The API's refusal (RFC 9457), or no answer at all. */
export class Problem extends Error {
  override readonly name = 'Problem';

  constructor(
    /** The status of the response; 0 if there was none. */
    readonly status: number,
    /** The last part of the problem's `type`, for example `stale-version`; `network` if there was no response. */
    readonly kind: string,
    readonly title: string,
    readonly detail: string | undefined,
    readonly members: Partial<Members>,
    readonly requestId: string | undefined,
  ) {
    super(detail ?? title);
  }

  /** The fields that were rejected. */
  get fields(): FieldProblem[] {
    const { errors, field, code } = this.members;
    if (errors !== undefined && errors.length > 0) return errors;
    return field == null ? [] : [{ field, code: code ?? this.kind, detail: this.message }];
  }

  /** What is wrong with a field, or with anything below it. */
  of(field: string): string | undefined {
    const own = this.fields.filter((it) => it.field === field || it.field.startsWith(`${field}.`));
    return own.length === 0 ? undefined : own.map((it) => it.detail).join(' ');
  }

  /** Whether asking again may help. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  /** Reads the body of a refused request. */
  static of(response: Response, body: unknown): Problem {
    const members = (typeof body === 'object' && body !== null ? body : {}) as Partial<Members> & { message?: string };
    const requestId =
      members.request_id ?? response.headers.get('x-request-id') ?? response.headers.get('apigw-requestid');
    return new Problem(
      response.status,
      members.type?.split('/').pop() ?? `status-${response.status}`,
      members.title ?? members.message ?? response.statusText,
      members.detail ?? undefined,
      members,
      requestId ?? undefined,
    );
  }

  /** There was no response. */
  static network(cause: unknown): Problem {
    const detail = cause instanceof Error ? cause.message : undefined;
    return new Problem(0, 'network', 'Carillon did not answer', detail, {}, undefined);
  }
}

/** An error of any kind as a problem. */
export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : Problem.network(error);
}
