import { nullTranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';
import { notifyManager } from '@tanstack/react-query';
import { act, fireEvent, render, screen } from '@testing-library/react';
import '@testing-library/jest-dom';
import * as React from 'react';
import type { ChangeFeed, IChange } from '../../api/changes';
import { ApiError } from '../../api/client';
import type { EngineChoices, EngineState } from '../../api/types';
import { EngineField } from '../../dialogs/engineField';
import type { IModelOp } from '../../state/context';
import { ModelOpContext } from '../../state/context';
import { createQueryClient } from '../../state/queries';

const CHOICES = jest.requireActual<EngineChoices>('../../../../tests/wire/engines.json');
const STATE = jest.requireActual<EngineState>('../../../../tests/wire/engine.json');

notifyManager.setScheduler(queueMicrotask);

/** A form with the field alone, which shows the engine that it would send. */
function Form(): JSX.Element {
  const [engine, setEngine] = React.useState<string | undefined>(undefined);
  return (
    <>
      <EngineField engine={engine} onChange={setEngine} />
      <samp>{engine ?? ''}</samp>
    </>
  );
}

/** Show the field, with these responses of the server; return the engines that were looked at. */
async function show(
  look: (engine: string) => Promise<EngineState>,
  choices: EngineChoices = CHOICES
): Promise<string[]> {
  const looked: string[] = [];
  const engineState = (engine: string): Promise<EngineState> => {
    looked.push(engine);
    return look(engine);
  };
  const changes = { changed: new Signal<object, IChange>({}) } as unknown as ChangeFeed;
  const context = {
    client: { engines: async () => choices, engineState },
    queries: createQueryClient(changes),
    trans: nullTranslator.load('modelop-jupyter')
  } as unknown as IModelOp;
  await settled(() =>
    render(
      <ModelOpContext.Provider value={context}>
        <Form />
      </ModelOpContext.Provider>
    )
  );
  return looked;
}

/** Do something, and let all timers and promises end. */
async function settled(action: () => unknown): Promise<void> {
  act(() => void action());
  await act(async () => {
    await jest.advanceTimersByTimeAsync(2000);
  });
}

/** Choose an engine, or type an address. */
function enter(label: string, value: string): Promise<void> {
  return settled(() => fireEvent.change(screen.getByLabelText(label), { target: { value } }));
}

describe('EngineField', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('begins with the default engine, and connects to nothing', async () => {
    const looked = await show(async () => STATE);

    expect(screen.getByLabelText('Run on')).toHaveDisplayValue('this machine');
    expect(document.querySelector('samp')).toBeEmptyDOMElement();
    expect(looked).toEqual([]);
  });

  it('shows the cluster at the address used last, with its dashboard', async () => {
    await show(async () => STATE);
    await enter('Run on', 'dask://');

    expect(screen.getByLabelText('Address of the cluster')).toHaveValue('scheduler.example:8786');
    expect(screen.getByText('dask://scheduler.example:8786')).toBeInTheDocument();
    expect(screen.getByRole('status')).toHaveTextContent('3 nodes, 24 slots, 96.0 GB of memory');
    expect(screen.getByRole('link')).toHaveAttribute(
      'href',
      'http://scheduler.example:8787/status'
    );
  });

  it('looks at an address when it is typed, however it was copied', async () => {
    const looked = await show(async engine => ({ ...STATE, engine, dashboard: 'javascript:1' }));
    await enter('Run on', 'dask://');
    await enter('Address of the cluster', ' tcp://10.0.0.7:8786');

    expect(screen.getByText('dask://10.0.0.7:8786')).toBeInTheDocument();
    expect(looked).toEqual(['dask://scheduler.example:8786', 'dask://10.0.0.7:8786']);
    expect(screen.queryByRole('link')).toBeNull();
  });

  it('asks for an address, and connects to nothing without one', async () => {
    const looked = await show(async () => STATE, { ...CHOICES, addresses: [] });
    await enter('Run on', 'dask://');

    expect(screen.getByRole('status')).toHaveTextContent('Enter the address of the cluster');
    expect(looked).toEqual([]);
  });

  it('shows why a cluster cannot be used, and what to do', async () => {
    const body = { code: 'engine', message: 'nobody answers', hint: 'Start one' };
    await show(async () => {
      throw new ApiError(body, 409);
    });
    await enter('Run on', 'dask://');

    expect(screen.getByRole('alert')).toHaveTextContent('nobody answersStart one');
  });

  it('sends this machine explicitly where another engine is the default', async () => {
    await show(async () => STATE, { ...CHOICES, default: 'dask://scheduler.example:8786' });
    await enter('Run on', 'local');

    expect(screen.getByText('local')).toBeInTheDocument();
    expect(screen.queryByRole('status')).toBeNull();
  });

  it('tells that a cluster is made for the job', async () => {
    const own = {
      engine: 'dask',
      nodes: 8,
      slots: 8,
      memory: 16e9,
      dashboard: null,
      is_made: true
    };
    await show(async () => own);
    await enter('Run on', 'dask');

    expect(screen.getByRole('status')).toHaveTextContent(
      'A cluster on this machine is made for the job: 8 cores, 16.0 GB of memory'
    );
  });
});
