// <netinet/in.h> first: <linux/netfilter.h> otherwise clashes with Glibc's module.
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <libmnl/libmnl.h>

// Swift's Glibc module is built without _GNU_SOURCE, which hides recvmmsg(2) and its struct.
// The names differ from glibc's so that a build with _GNU_SOURCE sees no second declaration.
struct many_messages {
    struct msghdr msg_hdr;
    unsigned int msg_len;
};
extern int receive_many_messages(
    int fd, struct many_messages *messages, unsigned int count, int flags, struct timespec *timeout)
    __asm__("recvmmsg");
enum { MESSAGE_WAIT_FOR_ONE = 0x10000 };
