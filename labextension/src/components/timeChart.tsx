import * as React from 'react';

/** What a line shows: of the same chart, each has another colour and another dash. */
export type LineKind = 'first' | 'second' | 'third' | 'bad';

/** A value for each second, the oldest first; null where there is none. */
export interface ILine {
  readonly kind: LineKind;
  /** The name in the legend, with what the value is now; none where there is only one line. */
  readonly legend?: string;
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
        <span>{title}</span>
        {lines
          .filter(({ legend }) => legend)
          .map(({ kind, legend }) => (
            <span key={kind} className="jp-modelop-legend">
              <svg viewBox="0 0 18 4" width="18" height="4" aria-hidden="true">
                <path className={`jp-modelop-line-${kind}`} d="M1 2H17" />
              </svg>
              {legend}
            </span>
          ))}
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
        lines={[{ kind: 'first', values: props.values, isFilled: true }]}
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
  const step = width / Math.max(values.length - 1, 1);
  const place = (value: number, index: number): string => {
    // Half of the line's own width is left above and below it.
    const y = height - 1 - (value / most) * (height - 2);
    return `${round(index * step)} ${round(y)}`;
  };
  return values
    .map((value, index) => {
      if (value === null) {
        return '';
      }
      const isStart = index === 0 || values[index - 1] === null;
      const next = values[index + 1] ?? null;
      // A value by itself is a line without length, whose round ends are a point.
      return `${isStart ? 'M' : 'L'}${place(value, index)}${isStart && next === null ? 'h0' : ''}`;
    })
    .join('');
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
