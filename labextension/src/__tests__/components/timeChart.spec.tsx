import { linePath, pointPath, roundedUp } from '../../components/timeChart';

describe('linePath', () => {
  it('goes from the lowest to the highest value', () => {
    expect(linePath([0, 5, 10], 10, 100, 12)).toBe('M0 11L50 6L100 1');
  });

  it('is interrupted where there is no value', () => {
    expect(linePath([10, null, 10, 10], 10, 30, 12)).toBe('M0 1M20 1L30 1');
  });

  it('is empty without a value', () => {
    expect(linePath([null, null], 1, 10, 10)).toBe('');
  });
});

describe('pointPath', () => {
  it('has a point for each value without a neighbour, which a line does not show', () => {
    expect(pointPath([10, null, 10, 10, null, 0], 10, 50, 12)).toBe('M0 1h0M50 11h0');
  });
});

describe('roundedUp', () => {
  it.each([
    [0, 1],
    [0.0034, 0.005],
    [1, 1],
    [13, 20],
    [999, 1000]
  ])('gives %d the scale %d', (value, scale) => {
    expect(roundedUp(value)).toBeCloseTo(scale, 10);
  });
});
