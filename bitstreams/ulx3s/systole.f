// SPDX-License-Identifier: Apache-2.0
bitstreams/ulx3s/systole_link_pkg.sv
bitstreams/ulx3s/systole_uart_rx.sv
bitstreams/ulx3s/systole_uart_tx.sv
bitstreams/ulx3s/systole_link.sv
bitstreams/ulx3s/systole_card_memory.sv
bitstreams/ulx3s/systole_ulx3s_pll.sv
bitstreams/ulx3s/systole_ulx3s.sv
