import { Signal } from '@lumino/signaling';
import type { Changes, IChange } from '../changes';
import { Live } from '../live';

class Source {
  readonly changed = new Signal<this, IChange>(this);
}

const jobs: IChange = { topics: ['jobs'], jobs: ['one'] };

function live<T>(source: Source, ask: () => Promise<T>, isMeant?: (change: IChange) => boolean) {
  return new Live<T>({ ask, changes: source as unknown as Changes, topics: ['jobs'], isMeant });
}

async function settle(): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, 0));
}

describe('Live', () => {
  it('asks again when its topic changes', async () => {
    const source = new Source();
    let asked = 0;
    const answer = live(source, async () => ++asked);
    await answer.refresh();
    source.changed.emit(jobs);
    await settle();

    expect(answer.value).toBe(2);
  });

  it('does not ask when another topic changes', async () => {
    const source = new Source();
    let asked = 0;
    const answer = live(source, async () => ++asked);
    await answer.refresh();
    source.changed.emit({ topics: ['models'], jobs: [] });
    await settle();

    expect(asked).toBe(1);
  });

  it('does not ask when the change is about something else', async () => {
    const source = new Source();
    let asked = 0;
    const answer = live(
      source,
      async () => ++asked,
      change => change.jobs.includes('two')
    );
    await answer.refresh();
    source.changed.emit(jobs);
    await settle();

    expect(asked).toBe(1);
  });

  it('asks once more after many changes during one question', async () => {
    const source = new Source();
    let asked = 0;
    let release: () => void = () => undefined;
    const answer = live(source, () => {
      asked++;
      return new Promise<number>(resolve => (release = () => resolve(asked)));
    });
    const first = answer.refresh();
    source.changed.emit(jobs);
    source.changed.emit(jobs);
    release();
    await first;
    release();
    await settle();

    expect(asked).toBe(2);
  });

  it('keeps the last good answer beside the reason of a bad one', async () => {
    const source = new Source();
    let isBroken = false;
    const answer = live(source, async () => {
      if (isBroken) {
        throw new Error('away');
      }
      return 'good';
    });
    await answer.refresh();
    isBroken = true;
    await answer.refresh();

    expect([answer.value, answer.error?.message]).toEqual(['good', 'away']);
  });

  it('drops an answer that was overtaken', async () => {
    const source = new Source();
    const waiting: ((value: string) => void)[] = [];
    const answer = live(source, () => new Promise<string>(resolve => waiting.push(resolve)));
    const both = [answer.refresh(), answer.refresh()];
    waiting[1]('new');
    waiting[0]('old');
    await Promise.all(both);

    expect(answer.value).toBe('new');
  });

  it('is silent once it is disposed', async () => {
    const source = new Source();
    let asked = 0;
    const answer = live(source, async () => ++asked);
    answer.dispose();
    source.changed.emit(jobs);
    await answer.refresh();

    expect(asked).toBe(0);
  });
});
