import { ServerConnection } from '@jupyterlab/services';
import { address, RefusedError, request } from '../request';

function settings(answer: () => Promise<Response>): ServerConnection.ISettings {
  return ServerConnection.makeSettings({
    baseUrl: 'http://localhost:8888/user/ann/',
    fetch: answer
  });
}

function body(text: string, status: number): Response {
  return new Response(text, { status, statusText: 'said' });
}

describe('request', () => {
  it('returns what the server answers', async () => {
    const answer = await request(
      'roles',
      settings(async () => body('[1]', 200))
    );

    expect(answer).toEqual([1]);
  });

  it('throws what the server refused, in its words', async () => {
    const problem = { code: 'model_not_found', message: 'no model', hint: 'Register it' };
    const asked = request(
      'models/x',
      settings(async () => body(JSON.stringify(problem), 404))
    );

    await expect(asked).rejects.toEqual(new RefusedError(problem, 404));
  });

  it('says what a proxy in between answered', async () => {
    const asked = request(
      'models',
      settings(async () => body('<html>', 502))
    );

    await expect(asked).rejects.toThrow('502 said');
  });

  it('says that the server is not there', async () => {
    const asked = request(
      'models',
      settings(async () => {
        throw new TypeError('failed');
      })
    );

    await expect(asked).rejects.toBeInstanceOf(ServerConnection.NetworkError);
  });
});

describe('address', () => {
  it('keeps the prefix of the server, and leaves out what is not given', () => {
    const made = address(
      'jobs',
      settings(async () => body('', 200)),
      { limit: 5, model: undefined }
    );

    expect(made).toBe('http://localhost:8888/user/ann/modelop-jupyter/jobs?limit=5');
  });
});
