# SPDX-License-Identifier: Apache-2.0
# The checkpoint for AWS F2, by the HDK's flow; afi.sh makes an image of it.
.PHONY: bitstream-aws_f2
bitstream-aws_f2: build/systole-bitstream
	$(Q)sh bitstreams/aws_f2/build.sh
