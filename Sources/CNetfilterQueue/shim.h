// <netinet/in.h> first: <linux/netfilter.h> otherwise clashes with Glibc's module.
#include <netinet/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <libmnl/libmnl.h>
