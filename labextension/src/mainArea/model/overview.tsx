import * as React from 'react';
import type { ModelDetail } from '../../api/types';
import { ago, byAuthor, moment } from '../../components/format';
import { EmptyMessage, ErrorMessage, LabeledValue, TextButton } from '../../components/primitives';
import { LIST_INTERVAL, useInterval } from '../../components/useInterval';
import { FunctionsPart } from '../../model/functions';
import { JobRow } from '../../components/jobList';
import { commitText } from '../../components/origin';
import { NotebookChange } from '../../components/notebookChange';
import { MetadataPart, TagsPart } from '../../model/metadata';
import { useModelOp } from '../../state/context';
import { useServerQuery } from '../../state/queries';
import { LastCheck } from './check';
import { NotebookLink } from './notebookLink';
import type { Section } from './sections';

const LAST_JOBS = 4;

/** What a model is, what it consists of, and how its last jobs ended. */
export function Overview(props: {
  model: ModelDetail;
  onShow: (section: Section) => void;
}): JSX.Element {
  const { trans } = useModelOp();
  const { model, onShow } = props;
  return (
    <>
      <NotebookChange model={model} />
      <div className="jp-modelop-columns">
        <section aria-label={trans.__('About %1', model.name)}>
          <h4>{trans.__('About')}</h4>
          <Facts model={model} />
          <LastCheck name={model.name} onShow={() => onShow('check')} />
          <h4>{trans.__('Functions')}</h4>
          <FunctionsPart model={model} />
        </section>
        <section aria-label={trans.__('Last results of %1', model.name)}>
          <h4>{trans.__('Last results')}</h4>
          <LastJobs model={model} onShow={onShow} />
        </section>
      </div>
    </>
  );
}

function Facts({ model }: { model: ModelDetail }): JSX.Element {
  const { trans } = useModelOp();
  useInterval(LIST_INTERVAL);
  const { environment } = model.environment;
  const python = model.python ?? environment?.interpreter.version;
  return (
    <dl className="jp-modelop-properties">
      {model.primary_source && (
        <LabeledValue name={trans.__('Source')}>{model.primary_source}</LabeledValue>
      )}
      {model.notebook && (
        <LabeledValue name={trans.__('Notebook')}>
          <NotebookLink path={model.notebook} />
        </LabeledValue>
      )}
      {model.origin?.git && (
        <LabeledValue name={trans.__('From')}>
          <span title={model.origin.git.remote ?? model.origin.git.commit}>
            {commitText(model.origin.git, trans)}
          </span>
        </LabeledValue>
      )}
      {python && <LabeledValue name={trans.__('Python')}>{python}</LabeledValue>}
      {model.as_of && <LabeledValue name={trans.__('Packages as of')}>{model.as_of}</LabeledValue>}
      <LabeledValue name={trans.__('Snapshot')}>
        {model.newest === null ? (
          trans.__('none yet; the first job takes one')
        ) : (
          <span title={moment(model.newest.created)}>
            @{model.newest.number},{' '}
            {byAuthor(ago(model.newest.created), model.newest.created_by, trans)}
          </span>
        )}
      </LabeledValue>
      <LabeledValue name={trans.__('Changed')}>
        <span title={moment(model.modified)}>
          {byAuthor(ago(model.modified), model.modified_by, trans)}
        </span>
      </LabeledValue>
      {model.created_by !== model.modified_by && (
        <LabeledValue name={trans.__('Created')}>
          <span title={moment(model.created)}>
            {byAuthor(ago(model.created), model.created_by, trans)}
          </span>
        </LabeledValue>
      )}
      <LabeledValue name={trans.__('Tags')}>
        <TagsPart model={model} />
      </LabeledValue>
      <LabeledValue name={trans.__('Metadata')}>
        <MetadataPart model={model} />
      </LabeledValue>
    </dl>
  );
}

function LastJobs(props: { model: ModelDetail; onShow: (section: Section) => void }): JSX.Element {
  const { trans } = useModelOp();
  const { name } = props.model;
  const { data: page, error } = useServerQuery({
    key: ['last jobs', name],
    topics: ['jobs'],
    fetch: client => client.jobs({ model: name, limit: LAST_JOBS })
  });
  return (
    <>
      {error && <ErrorMessage error={error} />}
      {page?.total === 0 && (
        <EmptyMessage>{trans.__('No jobs yet. Run one with the buttons above.')}</EmptyMessage>
      )}
      <ul className="jp-modelop-list" aria-label={trans.__('Last jobs of %1', name)}>
        {page?.rows.map(summary => (
          <li key={summary.record.id}>
            <JobRow summary={summary} />
          </li>
        ))}
      </ul>
      {page && page.total > page.rows.length && (
        <TextButton
          label={trans.__('All %1 jobs', page.total)}
          onClick={() => props.onShow('jobs')}
        />
      )}
    </>
  );
}
