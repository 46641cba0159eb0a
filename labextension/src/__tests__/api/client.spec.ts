import { ServerConnection } from '@jupyterlab/services';
import { ApiClient, ApiError } from '../../api/client';
import type { Asset } from '../../api/types';

/** Return a client of a JupyterHub user's server that answers so, and the requests that it sends. */
function clientOf(
  answer: () => Promise<Response>,
  init: RequestInit = {}
): { client: ApiClient; requests: Request[] } {
  const requests: Request[] = [];
  const settings = ServerConnection.makeSettings({
    baseUrl: 'http://localhost:8888/user/ann/',
    token: 'secret',
    init,
    fetch: async request => {
      requests.push(request as Request);
      return answer();
    }
  });
  return { client: new ApiClient(settings, 'de-DE'), requests };
}

function response(text: string, status = 200): Response {
  return new Response(text, { status, statusText: 'reason' });
}

describe('ApiClient', () => {
  afterEach(() => {
    document.cookie = '_xsrf=; max-age=0';
  });

  it('returns the body of the response', async () => {
    const { client } = clientOf(async () => response('[1]'));

    expect(await client.roles()).toEqual([1]);
  });

  it('returns nothing for an empty body', async () => {
    const { client } = clientOf(async () => response(''));

    expect(await client.removeModel('churn')).toBeUndefined();
  });

  it('asks for the language of JupyterLab, whatever that of the browser is', async () => {
    const { client, requests } = clientOf(async () => response('[]'));
    await client.roles();

    expect(requests[0].headers.get('Accept-Language')).toBe('de-DE');
  });

  it('throws the error of the server', async () => {
    const body = { code: 'model_not_found', message: 'no model', hint: 'Register it' };
    const { client } = clientOf(async () => response(JSON.stringify(body), 404));
    const error = await client.model('x').catch(reason => reason);

    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ ...body, status: 404 });
  });

  it('throws the status of a proxy that answers in HTML', async () => {
    const { client } = clientOf(async () => response('<html>', 502));

    await expect(client.models()).rejects.toMatchObject({
      code: 'http',
      message: '502 reason',
      hint: null
    });
  });

  it('throws a NetworkError without a response', async () => {
    const { client } = clientOf(async () => {
      throw new TypeError('failed');
    });

    await expect(client.models()).rejects.toBeInstanceOf(ServerConnection.NetworkError);
  });

  it('keeps the base URL of the server, and omits undefined query parameters', async () => {
    const { client, requests } = clientOf(async () => response('{}'));
    await client.jobs({ limit: 5, model: undefined });

    expect(requests[0].url).toBe('http://localhost:8888/user/ann/modelop-jupyter/jobs?limit=5');
  });

  it('encodes names, and keeps the slashes of asset paths and the @ of snapshots', async () => {
    const { client, requests } = clientOf(async () => response('{}'));
    await client.setAssetRole('a b/c@2', { path: 'data/ä b@1.csv' } as Asset, 'TEST_DATA');

    expect(requests[0].url).toBe(
      'http://localhost:8888/user/ann/modelop-jupyter/models/a%20b%2Fc@2/assets/data/%C3%A4%20b@1.csv'
    );
  });

  it('sends token, XSRF cookie and JSON body as JupyterLab does', async () => {
    document.cookie = '_xsrf=2|crumb';
    const { client, requests } = clientOf(async () => response('{}'));
    await client.addAsset('churn', 'data.csv');
    const [request] = requests;

    expect(request.method).toBe('POST');
    expect(request.headers.get('Authorization')).toBe('token secret');
    expect(request.headers.get('X-XSRFToken')).toBe('2|crumb');
    expect(request.headers.get('Content-Type')).toBe('application/json');
    expect(await request.json()).toEqual({ path: 'data.csv' });
  });

  it('sends no body with a method that takes none', async () => {
    const { client, requests } = clientOf(async () => response('{}'));
    await client.cancelJob('3f2a');

    expect(requests[0].method).toBe('POST');
    expect(await requests[0].text()).toBe('');
  });

  it('bypasses caches as JupyterLab does', async () => {
    const { client, requests } = clientOf(async () => response('[]'), { cache: 'no-store' });
    await client.environments();

    expect(requests[0].url).toMatch(/\/modelop-jupyter\/environments\?\d+$/);
  });
});
