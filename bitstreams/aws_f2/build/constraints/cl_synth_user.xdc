# SPDX-License-Identifier: Apache-2.0
# Nothing beside what the HDK's constraints say.
