import { fireEvent, screen, waitFor } from '@testing-library/react';
import '@testing-library/jest-dom';
import type {
  DiffView,
  Preview,
  PreviewRequest,
  Registration,
  RegistrationRequest,
  RoleLabel
} from '../../api/types';
import type { RegistrationSource } from '../../dialogs/registerModel';
import type { ValueFacts } from '../../jupyter/kernelValues';
import { registerDialog } from '../../dialogs/registerModel';
import { servicesWith, settled, shown, wire } from '../services';

// In jsdom the content of a dialog counts as hidden.
const REGISTER = { name: 'Register', hidden: true };
const NO_POINTS = { init: null, score: null, metrics: null, train: null };

const FIXTURE = jest.requireActual<Preview>('../../../../tests/wire/preview.json');
const ROLES = jest.requireActual<RoleLabel[]>('../../../../tests/wire/roles.json');

const KERNEL = { executable: '/envs/mine/bin/python', version: '3.9.1', packages: [] };

/** A preview in which nothing is left to decide. */
const CLEAR: Preview = {
  ...FIXTURE,
  options: [],
  proposals: [],
  problems: [],
  source: 'def score(r): ...'
};

const REQUIREMENTS: NonNullable<Preview['requirements']> = {
  file: 'work/requirements.txt',
  is_suggested: true,
  is_declined: false,
  inferred: {
    model: 'churn',
    asset: 'requirements.txt',
    text: 'pandas==2.1.0\n',
    python: '/envs/mine/bin/python',
    version: '3.9.1',
    notes: [],
    warning: null,
    lines: [
      { state: 'added', text: 'pandas==2.1.0', module: 'pandas', where: 'line 1', remark: null }
    ]
  } as unknown as NonNullable<Preview['requirements']>['inferred']
};

const WEIGHTS: Preview['proposals'][number] = {
  path: 'binaries/weights.json',
  role: 'WEIGHTS_FILE',
  reason: 'named in the source',
  size: 13,
  is_missing: true,
  is_suggested: true,
  is_held: false,
  is_declined: false
};

const FACTS: ValueFacts = {
  ending: 'pkl',
  size: 700,
  digest: `sha256:${'0'.repeat(64)}`,
  libraries: ['sklearn']
};

const FITTED: NonNullable<Preview['value_files']>[number] = {
  name: 'fitted',
  where: 'cell 3',
  expression: 'LinearRegression().fit(X, y)',
  source: 'fitted = pickle.loads(Path("fitted.pkl").read_bytes())',
  path: 'fitted.pkl',
  role: 'WEIGHTS_FILE',
  size: 700,
  libraries: ['sklearn'],
  is_there: false,
  saving: 'saves fitted'
};

interface IServer {
  /** Answers a preview, given what is asked for. */
  readonly preview: (request: PreviewRequest) => Preview;
  readonly register?: jest.Mock;
  readonly source?: RegistrationSource;
  readonly runCells?: (ids: readonly string[]) => Promise<RegistrationSource>;
  readonly saveValue?: (expression: string) => Promise<ValueFacts>;
}

/** Show the dialog for `churn`, and return what it asked the server. */
async function open({ preview, register, source, runCells, saveValue }: IServer) {
  const registered = register ?? jest.fn(async () => ({}) as Registration);
  const previewed = jest.fn(async (request: PreviewRequest) => preview(request));
  const context = servicesWith({
    preview: previewed,
    register: registered,
    roles: async () => ROLES
  });
  const answer = await shown(() =>
    registerDialog(context, {
      name: 'churn',
      source: source ?? { notebook: 'churn.ipynb' },
      runCells: runCells ?? (async () => ({ notebook: 'churn.ipynb' })),
      readValues: async () => ({}),
      saveValue: saveValue ?? (async () => FACTS)
    })
  );
  return { answer, previewed, registered };
}

/** Return what the dialog registered last. */
const lastOf = (registered: jest.Mock): RegistrationRequest =>
  registered.mock.calls[registered.mock.calls.length - 1][0];

const button = () => screen.getByRole('button', REGISTER);

describe('registerDialog', () => {
  afterEach(async () => {
    const cancel = screen.queryByRole('button', { name: 'Cancel', hidden: true });
    if (cancel !== null) {
      fireEvent.click(cancel);
    }
    await waitFor(() => expect(screen.queryByText('Register a model')).toBeNull());
    jest.restoreAllMocks();
  });

  it('registers what is shown', async () => {
    const { answer, registered } = await open({ preview: () => CLEAR });
    expect(await screen.findByText('def score(r): ...')).toBeInTheDocument();
    fireEvent.change(screen.getByLabelText('Description'), { target: { value: 'Who leaves' } });
    fireEvent.click(button());
    await answer();

    expect(lastOf(registered)).toEqual({
      notebook: 'churn.ipynb',
      name: 'churn',
      description: 'Who leaves',
      python: undefined,
      frozen: [],
      assets: [],
      infers: false,
      is_settled: true
    });
  });

  it('saves a value that is too big with one click, and registers what loads it', async () => {
    let isThere = false;
    const saveValue = jest.fn(async () => {
      isThere = true;
      return FACTS;
    });
    const { answer, registered } = await open({
      preview: ({ value_files: taken }) => ({
        ...CLEAR,
        ...(taken?.['fitted'] === undefined && {
          refusal: 'fitted is needed',
          refusal_code: 'unresolved_name'
        }),
        value_files: [{ ...FITTED, is_there: isThere }]
      }),
      saveValue
    });
    const saveIt = { name: 'Save as fitted.pkl', hidden: true };
    await waitFor(() =>
      expect(
        screen.getByText('The model needs fitted. Save each as a file, which the module loads.')
      ).toBeInTheDocument()
    );
    expect(screen.getByText(FITTED.source)).toBeInTheDocument();
    expect(screen.getByText(/same versions of sklearn/)).toBeInTheDocument();
    fireEvent.click(screen.getByRole('button', saveIt));
    expect(await screen.findByLabelText(/fitted, loaded from fitted.pkl/)).toBeChecked();
    await waitFor(() => expect(button()).toBeEnabled());
    fireEvent.click(button());
    await answer();

    expect(saveValue.mock.calls).toEqual([['saves fitted']]);
    expect(lastOf(registered)).toMatchObject({
      value_files: { fitted: 'fitted.pkl' },
      values: { fitted: { file: FACTS } }
    });
  });

  it('says why a value could not be saved, and can save it again', async () => {
    await open({
      preview: () => ({ ...CLEAR, value_files: [FITTED] }),
      saveValue: async () => {
        throw new Error('No space left on device');
      }
    });
    fireEvent.click(
      await screen.findByRole('button', { name: 'Save as fitted.pkl', hidden: true })
    );

    expect(
      await screen.findByText('fitted.pkl cannot be written: No space left on device')
    ).toBeInTheDocument();
    expect(screen.getByRole('button', { name: 'Save as fitted.pkl', hidden: true })).toBeEnabled();
  });

  it('leaves out a value whose file is unticked', async () => {
    const { answer, registered } = await open({
      preview: () => ({ ...CLEAR, value_files: [{ ...FITTED, is_there: true }] })
    });
    fireEvent.click(await screen.findByLabelText(/fitted, loaded from fitted.pkl/));
    fireEvent.click(button());
    await answer();

    expect(lastOf(registered).value_files).toBeUndefined();
  });

  it('compares with what is registered, and resolves the packages when the form rests', async () => {
    const { diff } = wire<DiffView>('diff');
    const packages = [{ package: 'six', before: '1.16.0', after: '1.17.0' }];
    const unresolved = 'The packages are not resolved yet.';
    const again = { ...CLEAR, created: false, changes: ['source churn.py changed'] };
    const { previewed } = await open({
      preview: ({ resolves }) =>
        resolves ? { ...again, diff: { ...diff, packages } } : { ...again, diff, unresolved }
    });
    expect(await screen.findByText(diff.sentence)).toBeInTheDocument();
    expect(screen.getByText('Resolving the packages…')).toBeInTheDocument();
    expect(screen.getByLabelText('churn.py')).toHaveTextContent('"auc": 0.8}');
    const table = await screen.findByLabelText('Packages that differ');

    expect(table).toHaveTextContent('six1.16.01.17.0');
    expect(screen.queryByText('Resolving the packages…')).toBeNull();
    expect(previewed.mock.calls.filter(([{ resolves }]) => resolves)).toHaveLength(1);
  });

  it('registers nothing on Cancel', async () => {
    const { answer, registered } = await open({ preview: () => CLEAR });
    fireEvent.click(await screen.findByRole('button', { name: 'Cancel', hidden: true }));

    expect(await answer()).toBeNull();
    expect(registered).not.toHaveBeenCalled();
  });

  it('waits for a function where none is tagged', async () => {
    const options: Preview['options'] = [
      { kind: 'score', name: 'predict', where: 'cell 1', is_tagged: false, is_suggested: true }
    ];
    const preview = ({ functions }: RegistrationRequest): Preview =>
      functions?.score
        ? { ...CLEAR, options, entry_points: { ...NO_POINTS, score: 'predict' } }
        : {
            ...CLEAR,
            options,
            entry_points: NO_POINTS,
            refusal: 'no tagged function',
            refusal_code: 'no_source'
          };
    const { answer, registered } = await open({ preview });
    expect(await screen.findByRole('alert', { hidden: true })).toHaveTextContent(
      'No function is tagged. Choose the one that a job shall call.'
    );
    await waitFor(() => expect(button()).toBeDisabled());
    fireEvent.click(screen.getByLabelText(/^predict/));
    await waitFor(() => expect(button()).toBeEnabled());
    expect(screen.queryByRole('alert', { hidden: true })).toBeNull();
    expect(screen.getByText(/The tag is written above its def/)).toBeInTheDocument();
    fireEvent.click(button());

    expect((await answer())?.functions).toEqual({ score: 'predict' });
    expect(lastOf(registered).functions).toEqual({ score: 'predict' });
  });

  it('lets choose between two tagged functions', async () => {
    const options: Preview['options'] = ['one', 'two'].map(name => ({
      kind: 'score',
      name,
      where: 'cell 1',
      is_tagged: true,
      is_suggested: false
    }));
    const refused = { refusal: 'two functions', refusal_code: 'smart_tag' };
    await open({ preview: () => ({ ...CLEAR, options, entry_points: NO_POINTS, ...refused }) });

    expect(await screen.findByRole('alert', { hidden: true })).toHaveTextContent(
      'More than one function is tagged.'
    );
    expect(screen.queryByLabelText('none')).toBeNull();
    expect(screen.getAllByRole('radio', { hidden: true })).toHaveLength(2);
  });

  it('takes suggested files with their roles, unless they are unticked', async () => {
    const proposals = [WEIGHTS, { ...WEIGHTS, path: 'test.json', is_suggested: false }];
    const { answer, registered } = await open({ preview: () => ({ ...CLEAR, proposals }) });
    const weights = await screen.findByLabelText('binaries/weights.json');
    expect(weights).toBeChecked();
    const test = screen.getByLabelText('test.json');
    expect(test).not.toBeChecked();
    expect(screen.getByLabelText('Role of test.json')).toBeDisabled();
    fireEvent.click(weights);
    fireEvent.click(test);
    await waitFor(() => expect(screen.getByLabelText('Role of test.json')).toBeEnabled());
    fireEvent.change(screen.getByLabelText('Role of test.json'), {
      target: { value: 'TEST_DATA' }
    });
    fireEvent.click(button());
    await answer();

    expect(lastOf(registered).assets).toEqual([{ path: 'test.json', role: 'TEST_DATA' }]);
  });

  it('leaves what was left out before unticked, and says so', async () => {
    const { answer, registered } = await open({
      preview: () => ({
        ...CLEAR,
        proposals: [{ ...WEIGHTS, is_suggested: false, is_declined: true }],
        requirements: { ...REQUIREMENTS, is_suggested: false, is_declined: true }
      })
    });
    expect(await screen.findByLabelText('binaries/weights.json')).not.toBeChecked();
    expect(screen.getByLabelText(/Add to the requirements/)).not.toBeChecked();
    expect(screen.getAllByText(/left out before/)).toHaveLength(2);
    fireEvent.click(button());
    await answer();

    expect(lastOf(registered)).toMatchObject({ assets: [], infers: false, is_settled: true });
  });

  it('says which file cannot be read, and keeps the list', async () => {
    const problem = { ...WEIGHTS, problem: 'there is no such file' };
    const preview = ({ assets }: RegistrationRequest): Preview =>
      assets?.length
        ? { ...CLEAR, proposals: [problem], refusal: 'weights.json: there is no such file' }
        : { ...CLEAR, proposals: [WEIGHTS] };
    await open({ preview });
    expect(await screen.findByText('there is no such file')).toBeInTheDocument();
    await waitFor(() => expect(button()).toBeDisabled());
    fireEvent.click(screen.getByLabelText('binaries/weights.json'));

    await waitFor(() => expect(button()).toBeEnabled());
    expect(screen.getByLabelText('binaries/weights.json')).not.toBeChecked();
  });

  it('shows requirements with the versions of the kernel, and where they are written', async () => {
    const { answer, registered } = await open({
      preview: () => ({ ...CLEAR, requirements: REQUIREMENTS }),
      source: { notebook: 'churn.ipynb', kernel: KERNEL }
    });
    expect(await screen.findByText('pandas==2.1.0')).toBeInTheDocument();
    const box = screen.getByLabelText(/write them to work\/requirements.txt/);
    await waitFor(() => expect(box).toBeChecked());
    expect(
      screen.getByText('Versions of this notebook’s kernel: Python 3.9.1, /envs/mine/bin/python')
    ).toBeInTheDocument();
    fireEvent.click(button());
    await answer();

    expect(lastOf(registered)).toMatchObject({ infers: true, kernel: KERNEL });
  });

  it('says that versions are not those of a kernel where there is none', async () => {
    const { answer, registered } = await open({
      preview: () => ({ ...CLEAR, requirements: REQUIREMENTS })
    });
    const box = await screen.findByLabelText(/write them to/);
    expect(screen.getByText(/The notebook has no running kernel\./)).toHaveTextContent(
      'Versions of the Jupyter server’s Python 3.9.1, /envs/mine/bin/python'
    );
    await waitFor(() => expect(box).toBeChecked());
    fireEvent.click(box);
    fireEvent.click(button());
    await answer();

    expect(lastOf(registered).infers).toBe(false);
  });

  it('takes the day as of which packages are resolved, which gives their versions', async () => {
    const { answer, registered } = await open({
      preview: () => ({ ...CLEAR, requirements: REQUIREMENTS })
    });
    await screen.findByLabelText(/write them to/);
    fireEvent.change(screen.getByLabelText('Packages as of'), { target: { value: '2024-01-31' } });
    expect(await screen.findByText('The day gives the versions')).toBeInTheDocument();
    fireEvent.click(button());
    await answer();

    expect(lastOf(registered).as_of).toBe('2024-01-31');
  });

  it('asks whether another model is meant', async () => {
    const preview = ({ name }: RegistrationRequest): Preview =>
      name === 'churn' ? { ...CLEAR, similar: 'churns' } : { ...CLEAR, name, created: false };
    const { answer, registered } = await open({ preview });
    fireEvent.click(await screen.findByRole('button', { name: 'Use churns', hidden: true }));
    expect(screen.getByLabelText('Name')).toHaveValue('churns');
    await waitFor(() => expect(screen.queryByText(/Do you mean/)).toBeNull());
    fireEvent.click(button());
    await answer();

    expect(lastOf(registered).name).toBe('churns');
  });

  it('runs the cells that were edited since they ran', async () => {
    const edited = [{ number: 3, id: 'c3', diff: '+ return 2' }];
    const fresh: RegistrationSource = { notebook: 'churn.ipynb', cells: [] };
    const preview = ({ cells }: RegistrationRequest): Preview =>
      cells === undefined ? { ...CLEAR, edited } : CLEAR;
    const runCells = jest.fn(async () => fresh);
    await open({ preview, runCells });
    expect(await screen.findByText('Cell 3 was edited since it ran')).toBeInTheDocument();
    fireEvent.click(screen.getByRole('button', { name: 'Run them now', hidden: true }));

    await waitFor(() => expect(screen.queryByText(/was edited since it ran/)).toBeNull());
    expect(runCells).toHaveBeenCalledWith(['c3']);
  });

  it('keeps what is typed while the edited cells run', async () => {
    const edited = [{ number: 3, id: 'c3', diff: '+ return 2' }];
    const preview = ({ cells }: RegistrationRequest): Preview =>
      cells === undefined ? { ...CLEAR, edited } : CLEAR;
    let end: (source: RegistrationSource) => void = () => undefined;
    const runCells = () => new Promise<RegistrationSource>(resolve => (end = resolve));
    const { answer, registered } = await open({ preview, runCells });
    fireEvent.click(await screen.findByRole('button', { name: 'Run them now', hidden: true }));
    fireEvent.change(screen.getByLabelText('Description'), { target: { value: 'meanwhile' } });
    await settled(() => end({ notebook: 'churn.ipynb', cells: [] }));
    await waitFor(() => expect(screen.queryByText(/was edited since it ran/)).toBeNull());
    fireEvent.click(button());
    await answer();

    expect(lastOf(registered)).toMatchObject({ description: 'meanwhile', cells: [] });
  });

  it('takes what is suggested as soon as that is shown, and keeps what is typed then', async () => {
    // As on a busy machine: React puts off all that need not be done at once.
    const now = performance.now.bind(performance);
    let late = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now() + (late += 10));
    const { answer, registered } = await open({
      preview: () => ({ ...CLEAR, proposals: [WEIGHTS] })
    });
    await screen.findByText('def score(r): ...');
    fireEvent.change(screen.getByLabelText('Description'), { target: { value: 'early' } });
    fireEvent.click(button());
    await answer();

    const assets = [{ path: WEIGHTS.path, role: WEIGHTS.role }];
    expect(lastOf(registered)).toMatchObject({ description: 'early', assets });
  });

  it('is shown again with the error and all values when it is refused', async () => {
    const register = jest.fn();
    register.mockRejectedValueOnce(new Error('the registry is locked'));
    register.mockResolvedValueOnce({});
    const { answer } = await open({ preview: () => CLEAR, register });
    await screen.findByText('def score(r): ...');
    fireEvent.change(screen.getByLabelText('Description'), { target: { value: 'kept' } });
    fireEvent.click(button());
    await screen.findByText('the registry is locked');
    // The preview that is fetched meanwhile is no reason to hide why nothing was registered.
    await screen.findByText('def score(r): ...');
    expect(screen.getByText('the registry is locked')).toBeInTheDocument();
    expect(screen.getByLabelText('Description')).toHaveValue('kept');
    fireEvent.click(button());
    await answer();

    expect(register).toHaveBeenCalledTimes(2);
  });

  it('has uv install a Python that is missing', async () => {
    const refused = {
      refusal: '--python 3.14: no Python 3.14 was found on this machine.',
      refusal_code: 'invalid'
    };
    const { registered } = await open({
      preview: ({ installs_python: installs }) => ({
        ...CLEAR,
        ...(installs ? {} : refused),
        python_to_install: '3.14'
      })
    });
    const install = await screen.findByLabelText(/^Python 3.14 is not on this machine/);
    expect(button()).toBeDisabled();

    fireEvent.click(install);
    await waitFor(() => expect(button()).toBeEnabled());
    fireEvent.click(button());
    await waitFor(() => expect(registered).toHaveBeenCalled());

    expect(lastOf(registered).installs_python).toBe(true);
  });
});
