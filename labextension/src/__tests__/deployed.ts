import type { Deployment, Load } from '../api/types';

/** What a deployment did: 4 requests in the last second but one, of which one failed. */
export const LOAD: Load = {
  t: 1_000_000_002.5,
  counts: {
    requests: 1204,
    refused: 0,
    records: 1204,
    scored: 1200,
    rejected: 3,
    failed: 1,
    timed_out: 0,
    ended: 0
  },
  rate: 12.4,
  latencies: { p50: 0.0012, p95: 0.0034, p99: 0.012 },
  waiting: 0,
  restarts: 2,
  replicas: [
    { pid: 41, snapshot: 3, is_ready: true, memory: 52_000_000 },
    { pid: 42, snapshot: 3, is_ready: false, memory: null }
  ],
  seconds: [
    { t: 1_000_000_000, requests: 4, bad: 1, latencies: { p50: 0.001, p95: 0.002, p99: 0.003 } }
  ]
};

/** A deployment that answers. */
export const DEPLOYED: Deployment = {
  id: 'd1',
  model: 'churn',
  snapshot: 3,
  state: 'ready',
  options: {
    host: '127.0.0.1',
    port: 8003,
    replicas: 2,
    lifetime: null,
    schemas: null,
    record_timeout: 5,
    start_timeout: 60,
    queue: 1000,
    body_limit: 32_000_000,
    capture: null,
    is_insecure: false
  },
  created: '2026-01-02T03:04:05.000000Z',
  previous: 2,
  url: 'http://127.0.0.1:8003',
  began: '2026-01-02T03:04:05.000000Z',
  ends: null,
  stopped: null,
  has_token: false,
  load: LOAD,
  shadow: null,
  problem: null,
  elsewhere: null
};
