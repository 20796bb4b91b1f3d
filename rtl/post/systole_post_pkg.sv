// SPDX-License-Identifier: Apache-2.0
//
// How the post-processing is cut into cycles. POST_LATENCY registers stand in each product and sum
// of fp32, shared out between their steps (systole_fp_pkg); as many, where they have so many steps,
// in what is shorter.
`default_nettype none

package systole_post_pkg;

  localparam int unsigned POST_MAX_LATENCY = 7;

  // Steps of a product or a sum, of a conversion from an integer, of a comparison or a conversion to
  // an integer, of the table.
  localparam int unsigned POST_FLOAT_STEPS = 7;
  localparam int unsigned POST_INT_STEPS   = 6;
  localparam int unsigned POST_LESS_STEPS  = 3;
  localparam int unsigned POST_TABLE_STEPS = 2;

  // Cycles of something of so many steps.
  function automatic int unsigned post_cycles(input int unsigned steps, input int unsigned latency);
    return latency < steps ? latency : steps;
  endfunction

  // From a vector to its result: conversion, product, sum, activation, two bounds, type, table.
  function automatic int unsigned post_total(input int unsigned latency);
    return post_cycles(POST_INT_STEPS, latency) + 3 * post_cycles(POST_FLOAT_STEPS, latency)
         + 3 * post_cycles(POST_LESS_STEPS, latency) + post_cycles(POST_TABLE_STEPS, latency);
  endfunction

  // The same where fewer lanes than columns take a vector in turns: it is kept, and collected.
  function automatic int unsigned post_shared(
      input int unsigned latency, input int unsigned cols, input int unsigned lanes);
    return post_total(latency) + (lanes < cols ? cols / lanes : 0);
  endfunction

  // Is there a register behind step k, from 1 on, of so many?
  function automatic bit post_cut(
      input int unsigned k, input int unsigned steps, input int unsigned latency);
    return k * post_cycles(steps, latency) / steps
        != (k - 1) * post_cycles(steps, latency) / steps;
  endfunction

endpackage
`default_nettype wire
