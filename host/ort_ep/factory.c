/* SPDX-License-Identifier: Apache-2.0 */
/* What ONNX Runtime finds in the library, the device it is told of, and a provider for each session. */
#include "host/ort_ep/ep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

EXPORT struct OrtStatus *CreateEpFactories(const char *name, const struct ort_base *base, const struct OrtLogger *logger,
                                           struct ort_factory **factories, size_t room, size_t *count);
EXPORT struct OrtStatus *ReleaseEpFactory(struct ort_factory *self);

static void drop_factory(struct factory *f)
{
    if (atomic_fetch_sub(&f->refs, 1) == 1)
        free(f);
}

/* ---- A provider ---- */

static const char *provider_name(const struct ort_ep *self)
{
    return ((const struct provider *)self)->factory->name;
}

static void tell_claims(const struct provider *p, const struct view *view, const struct claims *claims)
{
    int ours = 0;
    for (int i = 0; i < view->n_nodes; i++)
        ours += claims->region[i] >= 0;
    provider_tell(p, "%s: %d of %d nodes, in %d fused", p->settings.device, ours, view->n_nodes, claims->n_regions);
    for (int i = 0; i < view->n_nodes; i++) {
        const struct view_node *const n = &view->nodes[i];
        if (claims->region[i] >= 0)
            provider_tell(p, "%s '%.200s': in fused %d", n->op, n->name, claims->region[i]);
        else
            provider_tell(p, "%s '%.200s': left to others: %.300s", n->op, n->name, claims->why[i]);
    }
}

static struct OrtStatus *fuse(const struct view *view, const struct claims *claims, struct OrtEpGraphSupportInfo *info)
{
    const struct ort_fusion_options options = {ORT_VERSION_USED, true};
    const struct OrtNode **const nodes = calloc((size_t)view->n_nodes + 1, sizeof(const struct OrtNode *));
    struct OrtStatus *bad = nodes ? NULL : ort_no_memory();
    for (int region = 0; !bad && region < claims->n_regions; region++) {
        size_t count = 0;
        for (int i = 0; i < view->n_nodes; i++)
            if (claims->region[i] == region)
                nodes[count++] = view->nodes[i].node;
        bad = ort.EpGraphSupportInfo_AddNodesToFuse(info, nodes, count, &options);
    }
    free(nodes);
    return bad;
}

static struct OrtStatus *get_capability(struct ort_ep *self, const struct OrtGraph *graph, struct OrtEpGraphSupportInfo *info)
{
    struct provider *const p = (struct provider *)self;
    const struct OrtNode *around = NULL;
    struct claims claims = {0};
    struct view view;
    struct OrtStatus *bad = ort.Graph_GetParentNode(graph, &around);
    if (bad)
        return bad;
    if (around) {
        provider_tell(p, "a graph inside a node: its nodes are left to others");
        return NULL;
    }
    bad = view_read(graph, &view);
    if (!bad) {
        pthread_mutex_lock(&p->lock);
        bad = claims_make(p->ctx, &view, p->has_fp, &claims);
        pthread_mutex_unlock(&p->lock);
    }
    if (!bad)
        tell_claims(p, &view, &claims);
    if (!bad)
        bad = fuse(&view, &claims, info);
    view_free(&view);
    return bad;
}

/* What the library says: a product that ran on the host, and why. */
static void library_log(void *user, enum systole_log_level level, const char *text)
{
    const struct provider *const p = user;
    if (level == SYSTOLE_LOG_ERROR)
        ort_log(p->logger, ORT_LEVEL_ERROR, "%s", text);
    else if (level == SYSTOLE_LOG_WARNING)
        ort_log(p->logger, ORT_LEVEL_WARNING, "%s", text);
    else if (level == SYSTOLE_LOG_INFO)
        provider_tell(p, "%s", text);
}

static void free_provider(struct provider *p)
{
    systole_context_free(p->ctx);
    pthread_mutex_destroy(&p->lock);
    drop_factory(p->factory);
    free(p);
}

/* Is there such a device? A session is refused now rather than at its first run. */
static struct OrtStatus *look_at_device(struct provider *p)
{
    struct systole_device_info info = {.size = sizeof info};
    const struct systole_context_options options = {.size = sizeof options, .log = library_log, .log_user = p};
    enum systole_status status = systole_context_create(&options, &p->ctx);
    if (status)
        return ort_fail(ORT_CODE_FAIL, "no context: %s", systole_status_text(status));
    status = systole_device_query(p->ctx, p->settings.device, &info);
    if (status)
        return ort_library_failed(p->ctx, status, p->settings.device);
    p->has_fp = info.rows == 0 || info.has_fp; /* without an array it is a reference */
    return NULL;
}

static struct OrtStatus *create_ep(struct ort_factory *self, const struct OrtHardwareDevice *const *hardware,
                                   const struct OrtKeyValuePairs *const *metadata, size_t count,
                                   const struct OrtSessionOptions *options, const struct OrtLogger *logger, struct ort_ep **ep)
{
    struct factory *const f = (struct factory *)self;
    (void)hardware;
    (void)metadata;
    *ep = NULL;
    if (count != 1)
        return ort_fail(ORT_CODE_INVALID_ARGUMENT, "%zu devices for one session: give one", count);
    struct provider *const p = calloc(1, sizeof *p);
    if (!p)
        return ort_no_memory();
    p->base = (struct ort_ep){.version = ORT_VERSION_USED, .get_name = provider_name, .get_capability = get_capability,
                              .compile = provider_compile, .release_infos = provider_release_infos};
    p->factory = f;
    p->logger = logger;
    atomic_fetch_add(&f->refs, 1);
    pthread_mutex_init(&p->lock, NULL);
    struct OrtStatus *bad = settings_read(options, f->name, &p->settings);
    if (!bad)
        bad = look_at_device(p);
    if (bad)
        free_provider(p);
    else
        *ep = &p->base;
    return bad;
}

static void release_ep(struct ort_factory *self, struct ort_ep *ep)
{
    (void)self;
    if (ep)
        free_provider((struct provider *)ep);
}

/* ---- The factory ---- */

static const char *factory_name(const struct ort_factory *self)
{
    return ((const struct factory *)self)->name;
}

static const char *factory_vendor(const struct ort_factory *self)
{
    (void)self;
    return "Systole";
}

static uint32_t factory_vendor_id(const struct ort_factory *self)
{
    (void)self;
    return 0; /* no vendor of PCI devices */
}

static const char *factory_version(const struct ort_factory *self)
{
    (void)self;
    return systole_version();
}

/* One: whatever device of Systole a session names, its data come from and go to the host's memory. */
static struct OrtStatus *get_devices(struct ort_factory *self, const struct OrtHardwareDevice *const *hardware, size_t count,
                                     struct OrtEpDevice **devices, size_t room, size_t *found)
{
    *found = 0;
    for (size_t i = 0; i < count && *found < 1 && room > 0; i++) {
        if (ort.HardwareDevice_Type(hardware[i]) != ORT_HARDWARE_CPU)
            continue;
        struct OrtStatus *const bad = ort.CreateEpDevice((struct OrtEpFactory *)self, hardware[i], NULL, NULL, &devices[0]);
        if (bad)
            return bad;
        *found = 1;
    }
    return NULL;
}

/* Compiled models, allocators, transfers and streams of our own there are none. */
static struct OrtStatus *validate_compiled(struct ort_factory *self, const struct OrtHardwareDevice *const *hardware, size_t count,
                                           const char *text, int *compatibility)
{
    (void)self, (void)hardware, (void)count, (void)text;
    *compatibility = 0; /* not this provider's */
    return NULL;
}

static struct OrtStatus *create_allocator(struct ort_factory *self, const void *memory, const struct OrtKeyValuePairs *options, void **allocator)
{
    (void)self, (void)memory, (void)options;
    *allocator = NULL;
    return NULL;
}

static void release_allocator(struct ort_factory *self, void *allocator)
{
    (void)self, (void)allocator;
}

static struct OrtStatus *create_transfer(struct ort_factory *self, void **transfer)
{
    (void)self;
    *transfer = NULL;
    return NULL;
}

static bool is_stream_aware(const struct ort_factory *self)
{
    (void)self;
    return false;
}

static struct OrtStatus *create_stream(struct ort_factory *self, const void *memory, const struct OrtKeyValuePairs *options, void **stream)
{
    (void)self, (void)memory, (void)options;
    *stream = NULL;
    return NULL;
}

struct OrtStatus *CreateEpFactories(const char *name, const struct ort_base *base, const struct OrtLogger *logger,
                                    struct ort_factory **factories, size_t room, size_t *count)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    (void)logger;
    *count = 0;
    pthread_mutex_lock(&lock);
    struct OrtStatus *const bad = ort_bind(base);
    pthread_mutex_unlock(&lock);
    if (bad)
        return bad;
    if (room < 1)
        return ort_fail(ORT_CODE_INVALID_ARGUMENT, "there is no room for a factory");
    struct factory *const f = calloc(1, sizeof *f);
    if (!f)
        return ort_no_memory();
    if (strlen(name) >= sizeof f->name) {
        free(f);
        return ort_fail(ORT_CODE_INVALID_ARGUMENT, "a name of %zu characters; at most %zu", strlen(name), sizeof f->name - 1);
    }
    strcpy(f->name, name);
    atomic_init(&f->refs, 1);
    f->base = (struct ort_factory){ORT_VERSION_USED,  factory_name,      factory_vendor,   get_devices,       create_ep,       release_ep,
                                   factory_vendor_id, factory_version,   validate_compiled, create_allocator, release_allocator,
                                   create_transfer,   is_stream_aware,   create_stream};
    factories[0] = &f->base;
    *count = 1;
    return NULL;
}

struct OrtStatus *ReleaseEpFactory(struct ort_factory *self)
{
    if (self)
        drop_factory((struct factory *)self);
    return NULL;
}
