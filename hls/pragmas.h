/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directives of the synthesis tools behind one set of names: Vitis HLS defines __SYNTHESIS__, Bambu __BAMBU__; any other
 * compiler sees nothing, save for the type of a word of DRAM.
 */
#ifndef SYSTOLE_PRAGMAS_H
#define SYSTOLE_PRAGMAS_H

#include <stdint.h>

#define HLS_TEXT(x) _Pragma(#x)

#if defined(__SYNTHESIS__)
#define HLS_LABEL(name) name:
#define HLS_PIPELINE HLS_TEXT(HLS pipeline II = 1)
#define HLS_UNROLL HLS_TEXT(HLS unroll)
#define HLS_TRIPS(low, high) HLS_TEXT(HLS loop_tripcount min = low max = high)
#define HLS_SPLIT(array, axis) HLS_TEXT(HLS array_partition variable = array dim = axis complete)
#define HLS_AXI(port, group) HLS_TEXT(HLS interface mode = m_axi port = port bundle = group offset = slave)
#define HLS_CONTROL(port) HLS_TEXT(HLS interface mode = s_axilite port = port)
typedef uint64_t dram_word_t;
#elif defined(__BAMBU__)
#define HLS_LABEL(name) name:
#define HLS_PIPELINE
#define HLS_UNROLL HLS_TEXT(unroll)
#define HLS_TRIPS(low, high)
#define HLS_SPLIT(array, axis)
#define HLS_AXI(port, group) HLS_TEXT(HLS interface port = port mode = m_axi offset = direct bundle = group)
#define HLS_CONTROL(port)
typedef uint64_t dram_word_t;
#else
#define HLS_LABEL(name)
#define HLS_PIPELINE
#define HLS_UNROLL
#define HLS_TRIPS(low, high)
#define HLS_SPLIT(array, axis)
#define HLS_AXI(port, group)
#define HLS_CONTROL(port)
#if defined(__GNUC__)
/* Memory of the host: of any type, and aligned as its owner pleased. */
typedef uint64_t dram_word_t __attribute__((may_alias, aligned(1)));
#else
typedef uint64_t dram_word_t;
#endif
#endif

#endif
