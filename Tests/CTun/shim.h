#include <linux/if_tun.h>
#include <netinet/in.h>
#include <net/if.h>
#include <linux/ipv6.h>
#include <sys/ioctl.h>

// Macros with a cast or a sizeof in them do not reach Swift.
static const unsigned long tun_set_interface = TUNSETIFF;
