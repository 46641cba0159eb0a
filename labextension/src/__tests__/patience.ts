import { configure } from '@testing-library/react';

// How long a test waits for what it looks for; one second is too short on a busy machine.
configure({ asyncUtilTimeout: 60_000 });
