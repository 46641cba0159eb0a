import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

/** Where the server extension lives below the server's base URL. */
export const NAMESPACE = 'modelop-jupyter';

/** What our server says when something cannot be done; the same words as the magics' and the CLI's. */
export interface IProblem {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

/** A request that our server refused. */
export class RefusedError extends Error {
  constructor(
    readonly problem: IProblem,
    readonly status: number
  ) {
    super(problem.message);
    this.name = 'RefusedError';
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export type QueryValue = string | number | boolean | null | undefined;

export interface IRequest {
  readonly method?: Method;
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/**
 * Ask our server, and return what it answers.
 *
 * The token, the XSRF cookie and the base URL are `ServerConnection`'s business.
 * @throws RefusedError what the server refused, in its own words
 * @throws ServerConnection.NetworkError the server is not there
 */
export async function request<T>(
  path: string,
  settings: ServerConnection.ISettings,
  { method = 'GET', query = {}, body, signal }: IRequest = {}
): Promise<T> {
  const init: RequestInit = { method, signal };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { 'Content-Type': 'application/json' };
  }
  let response: Response;
  try {
    response = await ServerConnection.makeRequest(address(path, settings, query), init, settings);
  } catch (error) {
    throw error instanceof TypeError ? new ServerConnection.NetworkError(error) : error;
  }
  const text = await response.text();
  if (!response.ok) {
    throw new RefusedError(problemOf(text, response), response.status);
  }
  return (text ? JSON.parse(text) : undefined) as T;
}

/** Return the whole address of one of our resources; null and undefined stay out of the query. */
export function address(
  path: string,
  settings: ServerConnection.ISettings,
  query: Readonly<Record<string, QueryValue>> = {}
): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  const url = URLExt.join(settings.baseUrl, NAMESPACE, path);
  return pairs.length > 0 ? `${url}?${pairs.join('&')}` : url;
}

function problemOf(text: string, response: Response): IProblem {
  try {
    const { code, message, hint } = JSON.parse(text);
    return { code: code ?? 'http', message: message ?? response.statusText, hint: hint ?? null };
  } catch {
    // A proxy in between answers in HTML.
    const message = `${response.status} ${response.statusText}`.trim();
    return { code: 'http', message, hint: null };
  }
}
