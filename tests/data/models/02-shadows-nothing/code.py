raise RuntimeError('not the code module')
