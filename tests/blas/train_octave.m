% SPDX-License-Identifier: Apache-2.0
% A small network trained with Octave in single precision: prints the loss of every step as the bits of a double.
state = 7;
function [state, v] = draw(state, rows, columns)
  v = zeros(rows, columns, 'single');
  for i = 1:rows * columns
    state = mod(16807 * state, 2147483647);
    v(i) = single(2 * state / 2147483647 - 1);
  endfor
endfunction

STEPS = 30; BATCH = 64; INPUTS = 24; HIDDEN = 48; CLASSES = 5;
[state, centres] = draw(state, CLASSES, INPUTS);
[state, w1] = draw(state, INPUTS, HIDDEN);
[state, w2] = draw(state, HIDDEN, CLASSES);
w1 *= single(0.3);
w2 *= single(0.2);
for step = 1:STEPS
  label = mod((1:BATCH) * 3 + step, CLASSES) + 1;
  [state, noise] = draw(state, BATCH, INPUTS);
  x = 3 * centres(label, :) + noise;
  hidden = max(x * w1, 0);
  logits = hidden * w2;
  p = exp(logits - max(logits, [], 2));
  p ./= sum(p, 2);
  at = sub2ind(size(p), 1:BATCH, label);
  printf('%s\n', num2hex(mean(-log(double(p(at))))));
  p(at) -= 1;
  p /= BATCH;
  back = (p * w2') .* (hidden > 0);
  w2 -= single(0.1) * (hidden' * p);
  w1 -= single(0.1) * (x' * back);
endfor
