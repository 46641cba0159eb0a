import * as React from 'react';

/** What a line shows: of the same chart, each has another colour and another dash. */
export type LineKind = 'first' | 'second' | 'third' | 'bad';

/** A value for each second, the oldest first; null where there is none. */
export interface ILine {
  readonly kind: LineKind;
  /** What the legend says: the name of the line, or its value now. */
  readonly legend: string;
  readonly values: readonly (number | null)[];
  /** Whether the room below the line is filled. */
  readonly isFilled?: boolean;
}

const WIDTH = 240;
const HEIGHT = 60;

/** Lines over the last seconds, as a small chart; screen readers get `summary`. */
export function TimeChart(props: {
  title: string;
  lines: readonly ILine[];
  /** What is below the left end, such as "2 min ago". */
  from: string;
  /** What is below the right end. */
  to: string;
  format: (value: number) => string;
  summary: string;
}): JSX.Element {
  const { title, lines, format } = props;
  const most = roundedUp(Math.max(0, ...lines.flatMap(({ values }) => values.map(Number))));
  return (
    <figure className="jp-modelop-chart">
      <figcaption>
        {title}
        <div className="jp-modelop-legends">
          {lines.map(({ kind, legend }) => (
            <span key={kind} className="jp-modelop-legend">
              <svg viewBox="0 0 18 4" width="18" height="4" aria-hidden="true">
                <path className={`jp-modelop-line-${kind}`} d="M1 2H17" />
              </svg>
              {legend}
            </span>
          ))}
        </div>
      </figcaption>
      <div className="jp-modelop-chartArea">
        <span className="jp-modelop-chartMost">{format(most)}</span>
        <Lines lines={lines} most={most} width={WIDTH} height={HEIGHT} label={props.summary} />
      </div>
      <div className="jp-modelop-chartTimes">
        <span>{props.from}</span>
        <span>{props.to}</span>
      </div>
    </figure>
  );
}

/** One line in the height of a text, without numbers. */
export function Sparkline(props: {
  values: readonly (number | null)[];
  summary: string;
}): JSX.Element {
  const most = Math.max(1, ...props.values.map(Number));
  return (
    <span className="jp-modelop-sparkline" title={props.summary}>
      <Lines
        lines={[{ kind: 'first', legend: '', values: props.values, isFilled: true }]}
        most={most}
        width={60}
        height={16}
        label={props.summary}
      />
    </span>
  );
}

function Lines(props: {
  lines: readonly ILine[];
  most: number;
  width: number;
  height: number;
  label: string;
}): JSX.Element {
  const { lines, most, width, height } = props;
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={props.label}
    >
      {lines.map(({ kind, values, isFilled }) => {
        const path = linePath(values, most, width, height);
        return (
          <React.Fragment key={kind}>
            {isFilled && path !== '' && (
              <path
                className={`jp-modelop-area-${kind}`}
                d={`${path}L${width} ${height}L0 ${height}Z`}
              />
            )}
            <path className={`jp-modelop-line-${kind}`} d={path} />
            <path
              className={`jp-modelop-line-${kind} jp-modelop-mod-points`}
              d={pointPath(values, most, width, height)}
            />
          </React.Fragment>
        );
      })}
    </svg>
  );
}

/** Return the path of a line, which is interrupted where there is no value. */
export function linePath(
  values: readonly (number | null)[],
  most: number,
  width: number,
  height: number
): string {
  return values
    .map((value, index) => {
      const place = placeOf(value, index, values.length, most, width, height);
      return place && `${(values[index - 1] ?? null) === null ? 'M' : 'L'}${place}`;
    })
    .join('');
}

/** Return lines without length, whose round ends are points, for values that are the only ones far and wide. */
export function pointPath(
  values: readonly (number | null)[],
  most: number,
  width: number,
  height: number
): string {
  return values
    .map((value, index) => {
      const isAlone = (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null;
      const place = placeOf(value, index, values.length, most, width, height);
      return place && isAlone ? `M${place}h0` : '';
    })
    .join('');
}

function placeOf(
  value: number | null,
  index: number,
  size: number,
  most: number,
  width: number,
  height: number
): string {
  if (value === null) {
    return '';
  }
  // Half of the line's own width is left above and below it.
  const y = height - 1 - (value / most) * (height - 2);
  return `${round((index * width) / Math.max(size - 1, 1))} ${round(y)}`;
}

/** Return 1, 2 or 5 times a power of ten that is not below a value; 1 for 0. */
export function roundedUp(value: number): number {
  if (value <= 0) {
    return 1;
  }
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map(factor => factor * power).find(each => each >= value) ?? value;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
