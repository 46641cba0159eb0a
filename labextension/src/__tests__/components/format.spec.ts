import { ago, bytes, duration, secondsBetween } from '../../components/format';

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [265_100_000, '265 MB'],
    [1.2e13, '12.0 TB']
  ])('formats %d as %s', (size, text) => {
    expect(bytes(size)).toBe(text);
  });
});

describe('duration', () => {
  it.each([
    [-1, '0.0 s'],
    [0.28, '0.3 s'],
    [42.4, '42 s'],
    [125, '2 min 5 s'],
    [4320, '1 h 12 min']
  ])('formats %d seconds as %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});

describe('ago', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');

  it('is short where there is little room', () => {
    expect(ago('2026-11-23T11:57:00Z', now, 'en', 'short')).toBe('3 min. ago');
  });

  it.each([
    ['2026-11-23T11:59:30Z', '30 seconds ago'],
    ['2026-11-23T11:57:00Z', '3 minutes ago'],
    ['2026-11-22T12:00:00Z', 'yesterday'],
    ['2024-11-23T12:00:00Z', '2 years ago']
  ])('formats %s as %s', (moment, text) => {
    expect(ago(moment, now, 'en')).toBe(text);
  });
});

describe('secondsBetween', () => {
  it('counts until now without an end', () => {
    const now = Date.parse('2026-11-23T12:00:05Z');

    expect(secondsBetween('2026-11-23T12:00:00Z', null, now)).toBe(5);
  });
});
